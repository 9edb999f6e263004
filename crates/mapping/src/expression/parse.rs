//! The parser: recursive descent, bounded in length and depth, with byte offsets in its errors.

use super::{Call, Comparison, ComparisonOperator, Node, ParseError};
use crate::functions::{self, Function, Lookup};
use crate::limits::{MAX_EXPRESSION_DEPTH, MAX_EXPRESSION_LENGTH};

const EXPECTED: &str = "expected an [attribute], a \"text\", a number or a function";

/// Parses a whole source text.
pub(super) fn parse(source: &str) -> Result<Node, ParseError> {
    if source.chars().nth(MAX_EXPRESSION_LENGTH).is_some() {
        return Err(ParseError::new(0, format!("longer than {MAX_EXPRESSION_LENGTH} characters")));
    }
    let mut parser = Parser { source, position: 0, depth: 0 };
    let node = parser.operand()?;
    parser.skip_white_space();
    if parser.rest().is_empty() { Ok(node) } else { Err(parser.unexpected("expected the end")) }
}

struct Parser<'a> {
    source: &'a str,
    position: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        self.source.get(self.position..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn advance(&mut self, length: usize) {
        self.position = self.position.saturating_add(length).min(self.source.len());
    }

    fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.advance(token.len());
        }
        found
    }

    fn skip_white_space(&mut self) {
        let rest = self.rest();
        self.advance(rest.len() - rest.trim_start().len());
    }

    fn take_while(&mut self, accept: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let taken = rest.find(|character| !accept(character)).and_then(|end| rest.get(..end)).unwrap_or(rest);
        self.advance(taken.len());
        taken
    }

    fn error(&self, message: impl Into<String>) -> ParseError {
        ParseError::new(self.position, message)
    }

    /// An error about what stands here, with a hint for syntax that other languages have.
    fn unexpected(&self, expected: &str) -> ParseError {
        let error = self.error(expected);
        let word = self.rest().split(|character: char| !character.is_alphabetic()).next().unwrap_or_default();
        match self.peek() {
            Some('&') => error.with_hint("use Append or Join to put texts together"),
            Some('|') => error.with_hint("a condition is one comparison; nest another IIF for AND and OR"),
            Some('=' | '<' | '>') => {
                error.with_hint("one comparison may stand as the condition of IIF or CBool, nowhere else")
            }
            _ if word.eq_ignore_ascii_case("and") || word.eq_ignore_ascii_case("or") => {
                error.with_hint("a condition is one comparison; nest another IIF for AND and OR")
            }
            _ => error,
        }
    }

    fn operand(&mut self) -> Result<Node, ParseError> {
        self.skip_white_space();
        match self.peek() {
            Some('[') => self.attribute(),
            Some('"') => self.text().map(Node::Text),
            Some('&') => self.hexadecimal(),
            Some('0'..='9' | '-') => self.integer(),
            Some(letter) if letter.is_alphabetic() => self.call_or_name(),
            Some('\'') => Err(self.error(EXPECTED).with_hint("write a text in double quotes")),
            Some('%') => Err(self.error("%constants% are not part of application provisioning")),
            Some(_) | None => Err(self.unexpected(EXPECTED)),
        }
    }

    fn attribute(&mut self) -> Result<Node, ParseError> {
        let start = self.position;
        self.advance(1);
        let name = self.take_while(|character| character != ']' && character != '[').trim();
        if !self.eat("]") {
            return Err(ParseError::new(start, "the [attribute] is not closed").with_hint("add a ]"));
        }
        if name.is_empty() {
            return Err(ParseError::new(start, "an attribute needs a name"));
        }
        Ok(Node::Attribute(name.to_owned()))
    }

    fn text(&mut self) -> Result<String, ParseError> {
        let start = self.position;
        self.advance(1);
        let mut text = String::new();
        loop {
            text.push_str(self.take_while(|character| character != '"' && character != '\\'));
            if self.eat("\"") {
                return Ok(text);
            }
            if self.eat("\\\\") {
                text.push('\\');
            } else if self.eat("\\\"") {
                text.push('"');
            } else if self.rest().is_empty() {
                return Err(ParseError::new(start, "the text is not closed").with_hint("add a \""));
            } else {
                return Err(self
                    .error("a backslash in a text escapes only \\ and \"")
                    .with_hint("write \\\\ for a backslash, so a regex \\d is \\\\d"));
            }
        }
    }

    fn hexadecimal(&mut self) -> Result<Node, ParseError> {
        if !self.eat("&H") {
            return Err(self.unexpected(EXPECTED));
        }
        let digits = self.take_while(|character| character.is_ascii_alphanumeric());
        let number = i64::from_str_radix(digits, 16);
        number.map(Node::Integer).map_err(|_| self.error("expected hexadecimal digits of a 64-bit number"))
    }

    fn integer(&mut self) -> Result<Node, ParseError> {
        let start = self.position;
        let sign = if self.eat("-") { "-" } else { "" };
        let digits = self.take_while(|character| character.is_ascii_digit());
        if self.peek() == Some('.') {
            return Err(self.error("only whole numbers are allowed"));
        }
        let number = format!("{sign}{digits}").parse();
        number.map(Node::Integer).map_err(|_| ParseError::new(start, "expected a whole number of 64 bits"))
    }

    fn call_or_name(&mut self) -> Result<Node, ParseError> {
        let start = self.position;
        let word = self.take_while(char::is_alphanumeric);
        self.skip_white_space();
        if self.peek() != Some('(') {
            return name(word, start).map(Node::Name);
        }
        let function = function(word, start)?;
        if self.depth == MAX_EXPRESSION_DEPTH {
            return Err(ParseError::new(start, format!("nested deeper than {MAX_EXPRESSION_DEPTH} calls")));
        }
        self.advance(1);
        self.depth += 1;
        let mut arguments = self.arguments(function)?;
        self.depth -= 1;
        function.drop_surplus(&mut arguments);
        function.check_count(arguments.len()).map_err(|message| ParseError::new(start, message))?;
        let pattern =
            (function.prepare)(&arguments).map_err(|error| ParseError { offset: start, ..error })?;
        Ok(Node::Call(Call { function, arguments, pattern }))
    }

    /// The arguments up to the closing parenthesis, of which `F()` has none and `F(,)` two empty ones.
    fn arguments(&mut self, function: &Function) -> Result<Vec<Option<Node>>, ParseError> {
        let mut arguments = Vec::new();
        self.skip_white_space();
        if self.eat(")") {
            return Ok(arguments);
        }
        loop {
            self.skip_white_space();
            let argument = match self.peek() {
                Some(',' | ')') => None,
                _ => Some(self.argument(function.condition && arguments.is_empty())?),
            };
            arguments.push(argument);
            self.skip_white_space();
            if self.eat(")") {
                return Ok(arguments);
            }
            if !self.eat(",") {
                return Err(self.unexpected("expected , or )"));
            }
        }
    }

    fn argument(&mut self, condition: bool) -> Result<Node, ParseError> {
        let left = self.operand()?;
        self.skip_white_space();
        let operator = ComparisonOperator::ALL
            .into_iter()
            .find(|operator| condition && self.rest().starts_with(operator.symbol()));
        let Some(operator) = operator else { return Ok(left) };
        self.advance(operator.symbol().len());
        let right = self.operand()?;
        self.skip_white_space();
        if matches!(self.peek(), Some('=' | '<' | '>')) {
            return Err(self.error("a condition is one comparison"));
        }
        Ok(Node::Comparison(Box::new(Comparison { left, operator, right })))
    }
}

fn function(name: &str, offset: usize) -> Result<&'static Function, ParseError> {
    match functions::find(name) {
        Lookup::Found(function) => Ok(function),
        Lookup::NotAvailable { why } => {
            Err(ParseError::new(offset, format!("{name} is not available")).with_hint(why))
        }
        Lookup::Unknown { near } => {
            let error = ParseError::new(offset, format!("there is no function {name}"));
            Err(if near.is_empty() {
                error
            } else {
                error.with_hint(format!("did you mean {}?", near.join(" or ")))
            })
        }
    }
}

fn name(word: &str, offset: usize) -> Result<&'static str, ParseError> {
    functions::NAMES.iter().find(|name| **name == word).copied().ok_or_else(|| {
        ParseError::new(offset, format!("{word} is not a value")).with_hint(format!(
            "write \"{word}\" for a text, [{word}] for an attribute or {word}(…) for a function"
        ))
    })
}
