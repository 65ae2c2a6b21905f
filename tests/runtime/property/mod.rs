mod consistency;
mod types;
