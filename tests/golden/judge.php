<?php
// Reads bodies in hexadecimal digits, one a line, and answers with the tree of each on a line.
// Run: php -d max_input_vars=20000 judge.php < bodies > trees

require __DIR__ . '/tree.php';

error_reporting(E_ALL & ~E_WARNING); // a body over a limit of PHP's is cut with a warning
while (($line = fgets(STDIN)) !== false) {
    parse_str(hex2bin(trim($line)), $tree);
    echo json_encode(tree($tree), JSON_FLAGS), "\n";
}
