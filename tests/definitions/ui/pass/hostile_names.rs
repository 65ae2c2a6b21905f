//! The derives in a module where every name of the prelude means something else.
#![allow(dead_code, non_camel_case_types, unused_macros)]

mod hostile {
    pub struct Option;
    pub struct Result;
    pub struct String;
    pub struct Vec;
    pub struct Box;
    pub struct Some;
    pub struct None;
    pub struct Ok;
    pub struct Err;
    pub trait Default {}
    pub trait From {}
    pub trait Into {}
    pub trait Clone {}
    pub trait Copy {}
    pub trait Sized {}
    pub trait Send {}
    pub trait Iterator {}
    pub type str = ();
    pub type u8 = ();
    pub type bool = ();
    macro_rules! vec { () => { compile_error!("vec") } }
    macro_rules! format { () => { compile_error!("format") } }
    macro_rules! panic { () => { compile_error!("panic") } }
    macro_rules! concat { () => { compile_error!("concat") } }
    macro_rules! unreachable { () => { compile_error!("unreachable") } }
    pub mod std {}
    pub mod core {}
    pub mod alloc {}
    pub mod bizproc_runtime {}
    pub mod __rt {}

    #[derive(::bizproc_runtime::Robot)]
    #[robot(code = "acme_hostile", returns = Output, wait = always, filter(include = [["crm"]]))]
    pub struct Robot {
        #[property(id = "a")]
        pub properties: ::std::string::String,
        pub decoder: ::core::option::Option<::std::vec::Vec<::core::primitive::i64>>,
        #[property(id = "b")]
        pub __field0: ::core::primitive::bool,
        #[property(id = "c")]
        pub __rt: Select,
    }

    #[derive(::bizproc_runtime::ReturnValues)]
    pub struct Output {
        #[property(failure = 1)]
        pub encoder: ::core::primitive::f64,
        #[property(failure)]
        pub failure: ::core::option::Option<::std::string::String>,
        #[property(failure = super::CHOICE)]
        pub choice: Select,
        pub values: ::core::primitive::u32,
    }

    #[derive(::bizproc_runtime::Select)]
    pub enum Select {
        Self_,
        None,
        Some,
        Ok,
    }
}

const CHOICE: hostile::Select = hostile::Select::Ok;

fn main() {
    use bizproc_runtime::Robot as _;
    assert_eq!(hostile::Robot::DEFINITION.properties().len(), 4);
}
