//! The filter parser: recursive descent over tokens, bounded in length, depth and number of comparisons.

use serde_json::Number;

use super::{AttributePath, Filter, Literal, Op};
use crate::error::Error;
use crate::limits::{MAX_FILTER_DEPTH, MAX_FILTER_LENGTH, MAX_FILTER_TERMS};
use crate::syntax::{Lexer, SyntaxError, Token, attribute_path};

impl Filter {
    /// Parses a filter (RFC 7644 §3.4.2.2, Figure 1). Operators, `and`, `or`, `not`, `true`, `false` and
    /// `null` may be in any letter case. Beyond the RFC, `emails[type eq "work"].value eq "x"`, which Entra
    /// sends, is read as `emails[type eq "work" and value eq "x"]`.
    ///
    /// # Errors
    /// 400 `invalidFilter` with the byte offset of the problem and what is expected there.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.len() > MAX_FILTER_LENGTH {
            return Err(Error::invalid_filter(format!(
                "the filter is longer than {MAX_FILTER_LENGTH} bytes"
            )));
        }
        parse(text).map_err(|error| {
            Error::invalid_filter(format!("filter, at byte {}: {}", error.offset, error.message))
        })
    }
}

fn parse(text: &str) -> Result<Filter, SyntaxError> {
    let mut parser = Parser::new(Lexer::new(text))?;
    let filter = parser.or(0)?;
    match parser.token {
        Token::End => Ok(filter),
        Token::CloseParenthesis | Token::CloseBracket => {
            Err(parser.error(format!("{} closes nothing; remove it", parser.token.describe())))
        }
        token => Err(parser.error(format!("expected 'and', 'or' or the end, found {}", token.describe()))),
    }
}

/// Parses the filter between the brackets of a path. The lexer stands behind `[` and is left behind `]`.
pub(crate) fn value_filter(lexer: Lexer<'_>) -> Result<(Filter, Lexer<'_>), SyntaxError> {
    let mut parser = Parser::new(lexer)?;
    parser.in_value_path = true;
    let filter = parser.or(1)?;
    if parser.token != Token::CloseBracket {
        return Err(parser.expected("']'"));
    }
    Ok((filter, parser.lexer))
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    token: Token<'a>,
    offset: usize,
    terms: usize,
    in_value_path: bool,
}

impl<'a> Parser<'a> {
    fn new(mut lexer: Lexer<'a>) -> Result<Self, SyntaxError> {
        let (token, offset) = lexer.next()?;
        Ok(Self { lexer, token, offset, terms: 0, in_value_path: false })
    }

    fn advance(&mut self) -> Result<(), SyntaxError> {
        (self.token, self.offset) = self.lexer.next()?;
        Ok(())
    }

    fn error(&self, message: impl Into<String>) -> SyntaxError {
        SyntaxError::new(self.offset, message)
    }

    fn expected(&self, what: &str) -> SyntaxError {
        self.error(format!("expected {what}, found {}", self.token.describe()))
    }

    fn at_keyword(&self, keyword: &str) -> bool {
        matches!(self.token, Token::Word(word) if word.eq_ignore_ascii_case(keyword))
    }

    fn or(&mut self, depth: usize) -> Result<Filter, SyntaxError> {
        let first = self.and(depth)?;
        if !self.at_keyword("or") {
            return Ok(first);
        }
        let mut operands = vec![first];
        while self.at_keyword("or") {
            self.advance()?;
            operands.push(self.and(depth)?);
        }
        Ok(Filter::Or(operands))
    }

    fn and(&mut self, depth: usize) -> Result<Filter, SyntaxError> {
        let first = self.operand(depth)?;
        if !self.at_keyword("and") {
            return Ok(first);
        }
        let mut operands = vec![first];
        while self.at_keyword("and") {
            self.advance()?;
            operands.push(self.operand(depth)?);
        }
        Ok(Filter::And(operands))
    }

    fn operand(&mut self, depth: usize) -> Result<Filter, SyntaxError> {
        match self.token {
            Token::OpenParenthesis => self.parenthesized(depth),
            Token::Word(word) if word.eq_ignore_ascii_case("not") => {
                self.advance()?;
                if self.token != Token::OpenParenthesis {
                    return Err(self.expected("'(' after 'not', as in not (active eq true)"));
                }
                Ok(Filter::Not(Box::new(self.parenthesized(depth)?)))
            }
            Token::Word(word) => {
                let path = attribute_path(word, self.offset)?;
                self.advance()?;
                self.attribute_expression(path, depth)
            }
            Token::Quoted(_)
            | Token::CloseParenthesis
            | Token::OpenBracket
            | Token::CloseBracket
            | Token::End => Err(self.expected("an attribute name, 'not' or '('")),
        }
    }

    fn parenthesized(&mut self, depth: usize) -> Result<Filter, SyntaxError> {
        self.check_depth(depth)?;
        self.advance()?;
        let filter = self.or(depth + 1)?;
        if self.token != Token::CloseParenthesis {
            return Err(self.expected("')'"));
        }
        self.advance()?;
        Ok(filter)
    }

    fn check_depth(&self, depth: usize) -> Result<(), SyntaxError> {
        if depth >= MAX_FILTER_DEPTH {
            return Err(self.error(format!("the filter is nested deeper than {MAX_FILTER_DEPTH} levels")));
        }
        Ok(())
    }

    fn attribute_expression(&mut self, path: AttributePath, depth: usize) -> Result<Filter, SyntaxError> {
        if self.token == Token::OpenBracket {
            return self.value_path(path, depth);
        }
        self.terms += 1;
        if self.terms > MAX_FILTER_TERMS {
            return Err(self.error(format!("the filter has more than {MAX_FILTER_TERMS} comparisons")));
        }
        if self.at_keyword("pr") {
            self.advance()?;
            return Ok(Filter::Present(path));
        }
        let op = self.operator()?;
        self.advance()?;
        let value = self.literal()?;
        self.advance()?;
        Ok(Filter::Compare { path, op, value })
    }

    fn value_path(&mut self, path: AttributePath, depth: usize) -> Result<Filter, SyntaxError> {
        if self.in_value_path {
            return Err(self.error("a value filter cannot contain another '['"));
        }
        self.check_depth(depth)?;
        self.in_value_path = true;
        self.advance()?;
        let filter = self.or(depth + 1)?;
        if self.token != Token::CloseBracket {
            return Err(self.expected("']'"));
        }
        self.advance()?;
        let filter = match self.token {
            Token::Word(word) if word.starts_with('.') => self.continued_value_path(word, filter, depth)?,
            _ => filter,
        };
        self.in_value_path = false;
        Ok(Filter::ValuePath { path, filter: Box::new(filter) })
    }

    /// `[filter].sub op literal`: the same value satisfies the filter and the comparison.
    fn continued_value_path(
        &mut self,
        word: &str,
        filter: Filter,
        depth: usize,
    ) -> Result<Filter, SyntaxError> {
        let name = word.strip_prefix('.').unwrap_or(word);
        let path = attribute_path(name, self.offset)?;
        self.advance()?;
        let comparison = self.attribute_expression(path, depth)?;
        Ok(Filter::And(vec![filter, comparison]))
    }

    fn operator(&self) -> Result<Op, SyntaxError> {
        const OPERATORS: [Op; 9] = [Op::Eq, Op::Ne, Op::Co, Op::Sw, Op::Ew, Op::Gt, Op::Ge, Op::Lt, Op::Le];
        OPERATORS
            .into_iter()
            .find(|op| self.at_keyword(op.as_str()))
            .ok_or_else(|| self.expected("an operator (eq, ne, co, sw, ew, gt, ge, lt, le or pr)"))
    }

    fn literal(&self) -> Result<Literal, SyntaxError> {
        match self.token {
            Token::Quoted(text) => self.string(text),
            Token::Word(word) => self.bare_literal(word),
            Token::OpenParenthesis
            | Token::CloseParenthesis
            | Token::OpenBracket
            | Token::CloseBracket
            | Token::End => Err(self.expected("a value such as \"text\", 7, true or null")),
        }
    }

    fn string(&self, text: &str) -> Result<Literal, SyntaxError> {
        let text: String = serde_json::from_str(text)
            .map_err(|_| self.error("the string is not a JSON string; escape '\\' and control characters"))?;
        // A stored value never contains NUL, and a database may refuse the character.
        if text.contains('\0') {
            return Err(self.error("the string contains a NUL character"));
        }
        Ok(Literal::String(text))
    }

    fn bare_literal(&self, word: &str) -> Result<Literal, SyntaxError> {
        if word.eq_ignore_ascii_case("true") {
            return Ok(Literal::Boolean(true));
        }
        if word.eq_ignore_ascii_case("false") {
            return Ok(Literal::Boolean(false));
        }
        if word.eq_ignore_ascii_case("null") {
            return Ok(Literal::Null);
        }
        number(word).map(Literal::Number).ok_or_else(|| {
            self.expected("a value; text needs double quotation marks, as in userName eq \"bjensen\"")
        })
    }
}

/// A JSON number. The text decides about its grammar and the standard library about its value, which
/// keeps printing and parsing exact.
fn number(word: &str) -> Option<Number> {
    serde_json::from_str::<Number>(word).ok()?;
    if let Ok(integer) = word.parse::<i64>() {
        return Some(Number::from(integer));
    }
    Number::from_f64(word.parse().ok()?)
}
