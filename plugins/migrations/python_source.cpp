#include "migrations/python_source.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace pulsewatch::migrations {
namespace {

struct Token {
  enum class Kind { name, text, symbol };  // a number is a name

  Kind kind;
  std::string text;
  bool plain = true;  // of a text: neither bytes nor an f-string
};

struct LogicalLine {
  bool indented = false;
  std::vector<Token> tokens;
};

bool isNameCharacter(char c) {
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}

bool isQuote(char c) { return c == '"' || c == '\''; }

class Lexer {
 public:
  explicit Lexer(std::string_view source) : left_(source) {
    if (left_.substr(0, 3) == "\xef\xbb\xbf") left_.remove_prefix(3);
  }

  // Up to the line's end outside brackets, or a semicolon. None at the source's end.
  std::optional<LogicalLine> next() {
    LogicalLine line;
    if (at_line_start_) column_ = indentation();
    line.indented = column_ > 0;
    std::size_t depth = 0;
    while (!left_.empty()) {
      const char c = left_.front();
      if (c == '\n') {
        left_.remove_prefix(1);
        at_line_start_ = true;
        if (depth > 0) continue;
        if (!line.tokens.empty()) return line;
        column_ = indentation();
        line.indented = column_ > 0;
      } else if (c == ';' && depth == 0) {
        left_.remove_prefix(1);
        at_line_start_ = false;
        return line;
      } else {
        token(line.tokens, depth);
      }
    }
    if (line.tokens.empty()) return std::nullopt;
    return line;
  }

 private:
  std::size_t indentation() {
    const std::size_t width = std::min(left_.find_first_not_of(" \t\f"), left_.size());
    left_.remove_prefix(width);
    at_line_start_ = false;
    return width;
  }

  void token(std::vector<Token>& tokens, std::size_t& depth) {
    const char c = left_.front();
    if (c == '#') {
      left_.remove_prefix(std::min(left_.find('\n'), left_.size()));
    } else if (c == '\\') {
      left_.remove_prefix(left_.substr(1, 2) == "\r\n" ? 3 : std::min<std::size_t>(2, left_.size()));
    } else if (isQuote(c)) {
      tokens.push_back(text(""));
    } else if (isNameCharacter(c)) {
      const auto* const end = std::find_if_not(left_.begin(), left_.end(), isNameCharacter);
      std::string name(left_.begin(), end);
      left_.remove_prefix(name.size());
      if (!left_.empty() && isQuote(left_.front()) && isPrefix(name))
        tokens.push_back(text(name));
      else
        tokens.push_back({Token::Kind::name, std::move(name)});
    } else {
      if (c == '(' || c == '[' || c == '{') ++depth;
      if ((c == ')' || c == ']' || c == '}') && depth > 0) --depth;
      left_.remove_prefix(1);
      if (c != ' ' && c != '\t' && c != '\r' && c != '\f') tokens.push_back({Token::Kind::symbol, std::string(1, c)});
    }
  }

  // Of a text: u, r, b, f and their pairs, in any case.
  static bool isPrefix(const std::string& name) { return name.size() <= 2 && name.find_first_not_of("uUrRbBfF") == std::string::npos; }

  Token text(const std::string& prefix) {
    const bool raw = prefix.find_first_of("rR") != std::string::npos;
    Token token{Token::Kind::text, {}, prefix.find_first_of("bBfF") == std::string::npos};
    const char quote = left_.front();
    const bool triple = left_.size() >= 3 && left_[1] == quote && left_[2] == quote;
    const std::string end(triple ? 3 : 1, quote);
    left_.remove_prefix(end.size());
    while (!left_.empty() && left_.substr(0, end.size()) != end) {
      if (left_.front() == '\n' && !triple) return token;  // it has no end: the line is its end
      if (left_.front() == '\\' && left_.size() > 1) {
        if (raw) token.text += left_.front();
        left_.remove_prefix(1);
        if (left_.front() == '\n' && !raw) {
          left_.remove_prefix(1);
          continue;
        }
      }
      token.text += left_.front();
      left_.remove_prefix(1);
    }
    left_.remove_prefix(std::min(end.size(), left_.size()));
    return token;
  }

  std::string_view left_;
  bool at_line_start_ = true;
  std::size_t column_ = 0;
};

bool isSymbol(const Token& token, char symbol) { return token.kind == Token::Kind::symbol && token.text[0] == symbol; }

// Where the value begins: behind the = of `NAME =` or `NAME: ANNOTATION =`.
std::optional<std::size_t> valueOf(const std::vector<Token>& tokens) {
  if (tokens.size() < 2 || !(isSymbol(tokens[1], '=') || isSymbol(tokens[1], ':'))) return std::nullopt;
  const auto assigns = std::find_if(tokens.begin() + 1, tokens.end(), [](const Token& token) { return isSymbol(token, '='); });
  if (assigns == tokens.end()) return std::nullopt;
  const auto value = static_cast<std::size_t>(assigns - tokens.begin()) + 1;
  if (value < tokens.size() && isSymbol(tokens[value], '=')) return std::nullopt;  // a comparison
  return value;
}

void readValue(const std::vector<Token>& tokens, std::size_t from, PythonStatement& statement) {
  bool after_text = false;
  for (std::size_t i = from; i < tokens.size(); ++i) {
    const Token& token = tokens[i];
    const bool text = token.kind == Token::Kind::text;
    if (text && after_text)
      statement.strings.back() += token.text;
    else if (text)
      statement.strings.push_back(token.text);
    const bool known = text                              ? token.plain
                       : token.kind == Token::Kind::name ? token.text == "None"
                                                         : std::string_view("()[]{},").find(token.text[0]) != std::string_view::npos;
    statement.literal = statement.literal && known;
    after_text = text;
  }
}

}  // namespace

std::vector<PythonStatement> pythonStatements(std::string_view source, const std::set<std::string, std::less<>>& names) {
  std::vector<PythonStatement> statements;
  Lexer lexer(source);
  while (const std::optional<LogicalLine> line = lexer.next()) {
    const std::vector<Token>& tokens = line->tokens;
    if (tokens.empty() || tokens[0].kind != Token::Kind::name) continue;
    PythonStatement statement;
    statement.indented = line->indented;
    if (tokens[0].text == "class" && tokens.size() > 2 && isSymbol(tokens[2], '(') && names.count(tokens[1].text) > 0) {
      statement.name = "class " + tokens[1].text;
    } else if (names.count(tokens[0].text) > 0) {
      const std::optional<std::size_t> value = valueOf(tokens);
      if (!value) continue;
      statement.name = tokens[0].text;
      readValue(tokens, *value, statement);
    } else {
      continue;
    }
    statements.push_back(std::move(statement));
  }
  return statements;
}

}  // namespace pulsewatch::migrations
