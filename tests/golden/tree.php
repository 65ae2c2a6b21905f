<?php
// How a PHP value is written in the golden files, so that nothing of it is lost:
// a text as a JSON string, or as {"hex": ".."} when it is not UTF-8; another scalar as
// {"bool": ..}, {"int": ".."}, {"float": ".."} or null; an array as ["list" or "map", key, value,
// key, value, ..], flat so that 64 levels stay below the nesting limits of JSON readers. An integer
// key is a JSON number, a text key a JSON string.

const JSON_FLAGS = JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_THROW_ON_ERROR;

function text(string $text): string|array
{
    return preg_match('//u', $text) ? $text : ['hex' => bin2hex($text)];
}

function tree(mixed $value): mixed
{
    if (is_object($value)) {
        $value = (array) $value;
    }
    if (!is_array($value)) {
        return match (true) {
            is_string($value) => text($value),
            is_bool($value) => ['bool' => $value],
            is_int($value) => ['int' => (string) $value],
            is_float($value) => ['float' => (string) $value],
            default => null,
        };
    }
    $out = [array_is_list($value) ? 'list' : 'map'];
    foreach ($value as $key => $element) {
        array_push($out, is_int($key) ? $key : text($key), tree($element));
    }
    return $out;
}
