mod bad_input;
#[cfg(unix)]
mod fd_exhaustion;
mod hostile;
#[cfg(unix)]
mod shutdown;
mod slow_clients;
