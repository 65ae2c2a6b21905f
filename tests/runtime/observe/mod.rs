mod logs;
mod metrics;
mod operator;
