# Makes a PostgreSQL database in a folder of its own, reachable by a socket there, says the folder,
# and removes everything when its input ends: with the program that started it, however that ends.
# `$1` is where PostgreSQL's programs are, the rest are options of the server.
set -eu
trap '' INT
programs=$1
shift
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$programs/initdb" -D "$folder/data" -A trust -U postgres -E UTF8 --locale=C --no-sync >"$folder/log" 2>&1 \
    || { cat "$folder/log" >&2; exit 1; }
"$programs/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= -c max_connections=500 \
    "$@" >"$folder/log" 2>&1 </dev/null &
server=$!
until "$programs/pg_isready" -q -h "$folder"; do
    kill -0 $server || { cat "$folder/log" >&2; exit 1; }
    sleep 0.1
done
echo "$folder"
read -r _ || true
kill -QUIT $server
wait $server || true
