mod platform_examples;
mod published;
