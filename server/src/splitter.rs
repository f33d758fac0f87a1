//! [`Splitter`]: an answer's text cut into reasoning, content and calls of tools as it comes.

/// What comes before and after a model's reasoning.
pub const THINK: [&str; 2] = ["<think>", "</think>"];
/// What comes before and after a call of a tool.
pub const CALL: [&str; 2] = ["<tool_call>", "</tool_call>"];

/// Which part of an answer a text belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Between the think markers.
    Reasoning,
    /// The answer.
    Content,
    /// From the first call of a tool on, markers included.
    Calls,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing but white space so far: reasoning may begin.
    Start,
    Reasoning,
    /// Just after reasoning: white space is dropped.
    Gap,
    Content,
    Calls,
}

/// Holds text back while it could be the beginning of a marker.
#[derive(Debug)]
pub struct Splitter {
    state: State,
    held: String,
    tools: bool,
}

impl Splitter {
    /// `thinks`: whether the model has think markers; `inside`: whether the prompt ended with the
    /// opening one; `tools`: whether calls are looked for.
    pub fn new(thinks: bool, inside: bool, tools: bool) -> Self {
        let state = match (thinks, inside) {
            (true, true) => State::Reasoning,
            (true, false) => State::Start,
            (false, _) => State::Content,
        };
        Splitter { state, held: String::new(), tools }
    }

    /// The parts that became certain with a piece of text.
    pub fn push(&mut self, text: &str) -> Vec<(Part, String)> {
        self.held.push_str(text);
        let mut parts = Vec::new();
        while self.advance(&mut parts) {}
        parts.retain(|(_, text)| !text.is_empty());
        parts
    }

    /// What is left at the end.
    pub fn finish(&mut self) -> Vec<(Part, String)> {
        let part = match self.state {
            State::Reasoning => Part::Reasoning,
            State::Start | State::Gap | State::Content => Part::Content,
            State::Calls => Part::Calls,
        };
        let rest = std::mem::take(&mut self.held);
        if rest.is_empty() { Vec::new() } else { vec![(part, rest)] }
    }

    /// One step; `false` where more text is needed.
    fn advance(&mut self, parts: &mut Vec<(Part, String)>) -> bool {
        match self.state {
            State::Start => {
                let text = self.held.trim_start();
                if let Some(rest) = text.strip_prefix(THINK[0]) {
                    self.held = rest.to_owned();
                    self.state = State::Reasoning;
                    return true;
                }
                if THINK[0].starts_with(text) {
                    return false;
                }
                self.state = State::Content;
                true
            }
            State::Gap => {
                self.held = self.held.trim_start().to_owned();
                if !self.held.is_empty() {
                    self.state = State::Content;
                }
                !self.held.is_empty()
            }
            State::Reasoning => self.until(THINK[1], Part::Reasoning, State::Gap, parts),
            State::Content if self.tools => {
                let found = self.until(CALL[0], Part::Content, State::Calls, parts);
                if found {
                    self.held.insert_str(0, CALL[0]);
                }
                found
            }
            State::Content => self.all(Part::Content, parts),
            State::Calls => self.all(Part::Calls, parts),
        }
    }

    fn all(&mut self, part: Part, parts: &mut Vec<(Part, String)>) -> bool {
        parts.push((part, std::mem::take(&mut self.held)));
        false
    }

    /// Everything up to a marker, after which another state begins.
    fn until(
        &mut self,
        marker: &str,
        part: Part,
        next: State,
        parts: &mut Vec<(Part, String)>,
    ) -> bool {
        if let Some(at) = self.held.find(marker) {
            parts.push((part, self.held[..at].to_owned()));
            self.held.drain(..at + marker.len());
            self.state = next;
            return true;
        }
        let starts = self.held.char_indices().map(|(at, _)| at);
        let kept = starts.filter(|at| marker.starts_with(&self.held[*at..])).min();
        let rest = self.held.split_off(kept.unwrap_or(self.held.len()));
        parts.push((part, std::mem::replace(&mut self.held, rest)));
        false
    }
}

#[cfg(test)]
mod tests {
    use super::{Part, Splitter};

    /// The texts of the three parts, however the text is cut.
    fn run(make: impl Fn() -> Splitter, text: &str) -> [String; 3] {
        let collect = |pieces: &[String]| {
            let mut splitter = make();
            let mut found = [String::new(), String::new(), String::new()];
            let mut parts: Vec<(Part, String)> =
                pieces.iter().flat_map(|piece| splitter.push(piece)).collect();
            parts.extend(splitter.finish());
            for (part, text) in parts {
                found[part as usize] += &text;
            }
            found
        };
        let whole = collect(&[text.to_owned()]);
        assert_eq!(whole, collect(&text.chars().map(String::from).collect::<Vec<_>>()));
        whole
    }

    #[test]
    fn reasoning_content_and_calls() {
        let all = || Splitter::new(true, false, true);
        let text = "\n<think>a <b</think>\n\nyes <tool_call>{}</tool_call>";
        assert_eq!(run(all, text), ["a <b", "yes ", "<tool_call>{}</tool_call>"]);
        assert_eq!(run(all, "<thin"), ["", "<thin", ""]);
        assert_eq!(run(all, " no <think>"), ["", " no <think>", ""]);
        let inside = || Splitter::new(true, true, false);
        assert_eq!(run(inside, "deep</think>é<tool_call>"), ["deep", "é<tool_call>", ""]);
        let plain = || Splitter::new(false, false, false);
        assert_eq!(run(plain, "<think>x</think>"), ["", "<think>x</think>", ""]);
    }
}
