<?php
// Writes what PHP's http_build_query makes of sample values, and what parse_str reads back.
// Run: php form.php > form.json

require __DIR__ . '/tree.php';

$sample = [
    'workflow_id' => '62c68b88d25600.71931948',
    'code' => 'acme_md5',
    'document_id' => ['lists', 'BizprocDocument', '21020'],
    'document_type' => ['lists', 'BizprocDocument', 'iblock_72'],
    'event_token' => '62c68b88d25600.71931948|A40364_79843_85254_57332|MS1exndG.5402a50e9',
    'properties' => ['inputString' => 'text', 'tags' => ['a', 'b']],
    'use_subscription' => 'Y',
    'timeout_duration' => 600,
    'ts' => 1657198736,
    'auth' => [
        'access_token' => 'access', 'refresh_token' => 'refresh', 'expires' => 1657202336,
        'expires_in' => 3600, 'scope' => 'crm,bizproc', 'domain' => 'portal.example',
        'server_endpoint' => 'https://oauth.bitrix.info/rest/',
        'client_endpoint' => 'https://portal.example/rest/', 'status' => 'L',
        'member_id' => 'd41d8cd98f00b204e9800998ecf8427e', 'user_id' => 4,
        'application_token' => '5d41402abc4b2a76b9719d911017c592',
    ],
];
$noTokens = $sample;
unset($noTokens['auth']['access_token'], $noTokens['auth']['refresh_token']);

$cases = [
    'sample call' => $sample,
    'sample call without tokens' => $noTokens,
    'sample call without inputs' => ['properties' => []] + $sample,
    'sample call that does not wait' => ['use_subscription' => null, 'timeout_duration' => 0] + $sample,
    'call of 2015' => [
        'workflow_id' => '55c1dc1c3f0d75.78875596',
        'event_token' => '55c1dc1c3f0d75.78875596|A51601_82584_96831_81132|hsyUws1j4XiwqPqN45eH66CcQtEvpUIP.47dd5d888e8e549d2c984713e12a4268e6e87d0208ca1f093ba1075e77f92e90',
        'code' => 'md5',
        'properties' => ['inputString' => 'Тестовый текст: Тест событий для поста в ЖЛ'],
        'auth' => [
            'access_token' => '2irn0939uscuk7xxacc8tgn7vyjs4xn3', 'expires_in' => '3600',
            'scope' => 'bizproc,user', 'user_id' => '1', 'status' => 'L',
            'member_id' => 'd41d8cd98f00b204e9800998ecf8427e', 'domain' => 'b24.sigurd.bx',
        ],
        'ts' => '1442580723',
    ],
    'scalars of every type' => ['a' => true, 'b' => false, 'c' => null, 'd' => [], 'e' => ['x' => []], 'f' => 1.10, 'h' => '0'],
    'reserved characters in a value' => ['t' => 'a|b c~é', 'm' => ['x', null, 'z']],
    'flat texts' => ['a' => '1', 'b' => '2'],
    'empty text' => ['a' => '', 'b' => ['']],
    'only empties' => ['a' => null, 'b' => [], 'c' => [[], [null]]],
    'list' => ['p' => ['a', 'b', 'c']],
    'list of one' => ['p' => ['a']],
    'list of eleven' => ['p' => range(1, 11)],
    'list of lists' => ['p' => [['a', 'b'], ['c']]],
    'sparse list' => ['p' => [0 => 'a', 2 => 'c', 9 => 'j']],
    'reversed indexes' => ['p' => [2 => 'c', 1 => 'b', 0 => 'a']],
    'nulls in a list' => ['p' => [null, 'b', null, 'd', null]],
    'empty lists in a list' => ['p' => [[], ['a'], []]],
    'negative indexes' => ['p' => [-5 => 'a', -4 => 'b', 3 => 'c']],
    'greatest index' => ['p' => [PHP_INT_MAX => 'a', 0 => 'b']],
    'smallest index' => ['p' => [PHP_INT_MIN => 'a', -PHP_INT_MAX => 'b']],
    'named keys' => ['p' => ['x' => 'a', 'y' => 'b']],
    'named and indexed keys' => ['p' => ['x' => 'a', 'b', 'y' => 'c', 'd']],
    'keys like numbers' => ['p' => ['01' => 'a', '1.0' => 'b', '-0' => 'c', ' 1' => 'd', '1e3' => 'e', '+1' => 'f']],
    'numbers at the top' => [5 => 'a', 3 => 'b', -1 => 'c'],
    'multifield of a contact' => ['p' => ['n1' => ['VALUE' => '+7 900 000-00-00', 'VALUE_TYPE' => 'WORK'], 'n2' => ['VALUE' => '8 (495) 1', 'VALUE_TYPE' => 'HOME']]],
    'deep map' => ['a' => ['b' => ['c' => ['d' => ['e' => ['f' => 'g']]]]]],
    'floats' => ['a' => 1.5, 'b' => -0.0, 'c' => 1e25, 'd' => 0.1 + 0.2, 'e' => 1e-7, 'f' => 100.0, 'g' => INF],
    'integers' => ['a' => 0, 'b' => -1, 'c' => PHP_INT_MAX, 'd' => PHP_INT_MIN],
    'bools in a list' => ['p' => [true, false, true]],
    'long digit string' => ['p' => '00012345678901234567'],
    'Cyrillic value' => ['p' => 'Договор № 7 — «Ёлка»'],
    'Cyrillic keys' => ['имя' => ['поле' => 'значение']],
    'emoji' => ['p' => '👍🏽 ok 👨‍👩‍👧', '🔑' => ['🗝' => 'x']],
    'spaces' => ['p' => ' a  b ', 'q' => ['k k' => 'v v']],
    'spaces and dots in a top-level name' => ['a b.c' => '1', 'd.e' => ['f.g h' => '2']],
    'leading spaces in a name' => ['  a' => '1', ' b' => ['  c' => '2']],
    'pipes' => ['p' => 'user_1|user_2', 'q' => ['a|b' => 'c|d'], 'money' => '1000.50|RUB'],
    'brackets in a value' => ['p' => '[b]bold[/b] a[0]=1', 'q' => ['[]', ']', '[']],
    'brackets in a key' => ['p' => ['a[b]' => '1', 'c]d' => '2', 'e[f' => '3', '[' => '4', ']' => '5', '[]' => '6']],
    'brackets in a top-level name' => ['a[b' => '1', 'c]' => '2', 'd[e]f' => '3', 'g[]' => '4'],
    'empty key' => ['p' => ['' => 'a', 'b' => 'c']],
    'empty top-level name' => ['' => 'a', 'b' => 'c'],
    'blank keys' => ['p' => [' ' => 'a', "\t" => 'b', "\n" => 'c', '  ' => 'd']],
    'separators in a value' => ['p' => 'a=1&b=2;c=3?d#e', 'q' => 'x==', 'r' => '=', 's' => '&'],
    'separators in a key' => ['p' => ['a=b' => '1', 'c&d' => '2', 'e;f' => '3']],
    'percents' => ['p' => '100%', 'q' => '%41', 'r' => '%zz', 's%41' => ['%' => '%%']],
    'pluses' => ['p' => 'a+b', 'q' => '+7', 'r' => ['+' => '++']],
    'line breaks' => ['p' => "a\r\nb\nc\t d"],
    'control characters' => ['p' => "\x01\x1f\x7f", 'q' => "\u{200b}\u{feff}"],
    'NUL in a value' => ['p' => "a\0b"],
    'NUL in a key' => ['p' => ["a\0b" => '1'], "q\0r" => '2'],
    'quotes and backslashes' => ['p' => "\"'\\`<b>&amp;</b>"],
    'date and time' => ['p' => '05.12.2022 17:25:52', 'q' => '2022-12-05T17:25:52+03:00', 'r' => ['', '', '05.12.2022 17:25:52']],
    'reserved cookie names' => ['__Host-a' => '1', 'b' => ['__Host-c' => '2'], 'd' => ['__Secure-e' => ['3']], '_.Host-f' => '4'],
    'names of PHP variables' => ['GLOBALS' => ['a' => '1'], 'this' => '2', '_POST' => '3'],
    'object' => ['p' => (object) ['a' => 1, 'b' => (object) ['c' => [2, 3]]]],
    'long value' => ['p' => str_repeat('Длинный текст. ', 400)],
];

$out = [];
foreach ($cases as $name => $value) {
    $body = http_build_query($value);
    parse_str($body, $tree);
    $out[] = json_encode(['name' => $name, 'value' => tree((array) $value), 'body' => $body, 'tree' => tree($tree)], JSON_FLAGS);
}
echo "[\n", implode(",\n", $out), "\n]\n";
