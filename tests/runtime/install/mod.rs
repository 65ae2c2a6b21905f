mod application;
