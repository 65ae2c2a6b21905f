# What a developer does all day. `just` is a convenience; `.ci/run` and `tests/run` do without it.

features := "sqlite,opentelemetry,postgres"

# Lists the recipes.
default:
    @just --list

# Formatting and lints, while you work.
check:
    cargo fmt --all
    cargo clippy --workspace --all-targets --features {{features}}

# The tests of the runtime whose names contain NAME.
one NAME:
    cargo test -p bizproc-tests --test runtime {{NAME}}

# The tests of the emulator whose names contain NAME.
portal NAME:
    cargo test -p bizproc-portal --test integration {{NAME}}

# The compile-time cases of one subject, or all.
ui SUBJECT="":
    cargo test -p bizproc-definition-tests --test ui -- wrong trybuild={{SUBJECT}}/

# Writes the compiler's messages and the derives' snapshots anew; read the difference.
bless:
    TRYBUILD=overwrite cargo test -p bizproc-definition-tests --test ui
    INSTA_UPDATE=always cargo test -p bizproc-derive

# The emulator's fuzzer, which needs a nightly compiler and cargo-fuzz.
fuzz *ARGUMENTS:
    cd tests/portal && cargo +nightly fuzz {{ARGUMENTS}}

# Measures: accept, replies, lone, restart, store, compile.
bench *ARGUMENTS:
    cargo run -p bizproc-bench --release -- {{ARGUMENTS}}

# Everything that is tested.
test:
    ./tests/run

# What every change must pass.
ci:
    .ci/run
