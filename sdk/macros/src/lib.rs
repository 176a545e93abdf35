//! The attributes `#[track_duration]` and `#[track_errors]`, which `argand-client` re-exports and
//! explains; its module `functions` holds what the code made here calls.
//!
//! In comes a function, out goes the same with a few statements round its body. A mistake in how
//! an attribute is used stops the build with a message that names the remedy.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Expr, ItemFn, MetaNameValue, ReturnType, Token};

/// Counts how long each call of a function takes, of an `async` one from its first poll to its
/// end, also when it panics or its future is dropped.
///
/// - `#[track_duration]` counts in `function_duration_seconds` with `function` as the path of the
///   function, once the program has called `argand_client::functions::install`.
/// - `name = "…"` gives the label `function` another value.
/// - `histogram = …` counts in a histogram of yours instead: an expression, evaluated each time.
///
/// On a method of a trait with `#[async_trait]` it stands within the `impl` and under that
/// attribute.
#[proc_macro_attribute]
pub fn track_duration(
    arguments: proc_macro::TokenStream,
    function: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    expand(arguments, function, duration)
}

/// Counts the errors that a function returns, by kind; a function that returns `Ok` costs nothing.
///
/// - `#[track_errors]` counts in `function_errors_total` with `function` and `kind`, once the
///   program has called `argand_client::functions::install`. The kind is what the error's
///   `ErrorKind` says, or else the name of its type.
/// - `name = "…"` gives the label `function` another value.
/// - `kind = …` names a function from `&Error` to text that says the kind.
/// - `counter = …` counts in a family of yours instead, whose one label is the kind: an
///   expression, evaluated at each error.
#[proc_macro_attribute]
pub fn track_errors(
    arguments: proc_macro::TokenStream,
    function: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    expand(arguments, function, errors)
}

/// Reads both, and gives the function made or the error.
fn expand(
    arguments: proc_macro::TokenStream,
    function: proc_macro::TokenStream,
    make: fn(Arguments, ItemFn) -> syn::Result<TokenStream>,
) -> proc_macro::TokenStream {
    let arguments = Arguments::parse(arguments.into());
    let made = arguments.and_then(|arguments| make(arguments, syn::parse(function)?));
    made.unwrap_or_else(syn::Error::into_compile_error).into()
}

/// `name = value` pairs.
struct Arguments(Vec<MetaNameValue>);

impl Arguments {
    fn parse(text: TokenStream) -> syn::Result<Self> {
        let pairs = Punctuated::<MetaNameValue, Token![,]>::parse_terminated.parse2(text)?;
        Ok(Self(pairs.into_iter().collect()))
    }

    /// Takes one out.
    fn take(&mut self, name: &str) -> Option<Expr> {
        let at = self.0.iter().position(|pair| pair.path.is_ident(name))?;
        Some(self.0.remove(at).value)
    }

    /// Nothing may be left.
    fn end(self, known: &str) -> syn::Result<()> {
        match self.0.first() {
            None => Ok(()),
            Some(pair) => Err(syn::Error::new(
                pair.path.span(),
                format!("no such argument, or one too many: this attribute takes {known}"),
            )),
        }
    }
}

/// What the label `function` is.
fn label(name: Option<Expr>, function: &ItemFn) -> TokenStream {
    match name {
        Some(name) => name.into_token_stream(),
        None => {
            let ident = function.sig.ident.to_string();
            quote!(::core::concat!(::core::module_path!(), "::", #ident))
        }
    }
}

/// Functions that are evaluated when the program is built have no time and no errors.
fn no_const(function: &ItemFn) -> syn::Result<()> {
    match function.sig.constness {
        None => Ok(()),
        Some(word) => Err(syn::Error::new(
            word.span(),
            "a const fn cannot be tracked: remove `const` or the attribute",
        )),
    }
}

fn duration(mut arguments: Arguments, function: ItemFn) -> syn::Result<TokenStream> {
    no_const(&function)?;
    let name = arguments.take("name");
    let histogram = arguments.take("histogram");
    arguments.end("`name = \"…\"` or `histogram = …`")?;
    if let (Some(name), Some(_)) = (&name, &histogram) {
        let message = "`name` is of no use with a histogram of your own: leave one out";
        return Err(syn::Error::new(name.span(), message));
    }
    let timer = match histogram {
        Some(histogram) => quote!((#histogram).start()),
        None => {
            let label = label(name, &function);
            quote!({
                static SITE: ::argand_client::functions::DurationSite =
                    ::argand_client::functions::DurationSite::new(#label);
                SITE.start()
            })
        }
    };
    let ItemFn {
        attrs,
        vis,
        sig,
        block,
    } = function;
    let statements = &block.stmts;
    Ok(quote! {
        #(#attrs)* #vis #sig {
            let __argand_timer = #timer;
            #(#statements)*
        }
    })
}

fn errors(mut arguments: Arguments, function: ItemFn) -> syn::Result<TokenStream> {
    no_const(&function)?;
    let name = arguments.take("name");
    let kind = arguments.take("kind");
    let counter = arguments.take("counter");
    arguments.end("`name = \"…\"`, `kind = …` and `counter = …`")?;
    if let (Some(name), Some(_)) = (&name, &counter) {
        let message = "`name` is of no use with a counter of your own: leave one out";
        return Err(syn::Error::new(name.span(), message));
    }
    let ReturnType::Type(_, returned) = &function.sig.output else {
        let message = "a function without a Result has no errors: remove the attribute";
        return Err(syn::Error::new(function.sig.ident.span(), message));
    };
    // A type with `impl` in it cannot be written down again; the compiler finds it by itself.
    let text = returned.to_token_stream().to_string();
    let nameless = text
        .split(|c: char| !c.is_alphanumeric())
        .any(|word| word == "impl");
    let kind = match kind {
        Some(kind) => quote!((#kind)(__argand_error)),
        None => quote!({
            use ::argand_client::functions::{OfKind as _, OfType as _};
            (&::argand_client::functions::Probe(__argand_error)).find()
        }),
    };
    let record = match counter {
        Some(counter) => quote! {
            (#counter).with([::core::convert::AsRef::<str>::as_ref(&#kind)]).inc();
        },
        None => {
            let label = label(name, &function);
            quote! {
                static SITE: ::argand_client::functions::ErrorSite =
                    ::argand_client::functions::ErrorSite::new(#label);
                SITE.record(|| #kind);
            }
        }
    };
    let body = &function.block;
    let (ascribed, called) = match (function.sig.asyncness.is_some(), nameless) {
        (true, false) => (quote!(: #returned), quote!(async move #body.await)),
        (true, true) => (quote!(), quote!(async move #body.await)),
        (false, false) => (
            quote!(),
            quote!(::argand_client::functions::once(move || -> #returned #body)),
        ),
        (false, true) => (
            quote!(),
            quote!(::argand_client::functions::once(move || #body)),
        ),
    };
    let ItemFn {
        attrs, vis, sig, ..
    } = &function;
    Ok(quote! {
        #(#attrs)* #vis #sig {
            let __argand_result #ascribed = #called;
            #[allow(clippy::needless_borrow, reason = "the reference chooses the method")]
            if let ::core::result::Result::Err(__argand_error) = &__argand_result {
                #record
            }
            __argand_result
        }
    })
}
