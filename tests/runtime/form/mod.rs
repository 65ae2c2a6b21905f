mod corpus;
mod php;
mod properties;
