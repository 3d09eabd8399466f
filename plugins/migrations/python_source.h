// The assignments of text in a Python source: `replaces = [("shop", "0001_initial")]`, `down_revision: str | None = None`. Read without
// Python, and without running anything: comments, strings of every form, line continuations and brackets are understood, expressions are
// not. Pure; any thread.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace pulsewatch::migrations {

struct PythonStatement {
  std::string name;                  // what is assigned to; "class NAME" for a class with bases
  bool indented = false;             // inside a class, a function or a block
  bool literal = true;               // nothing but texts, None, brackets and commas
  std::vector<std::string> strings;  // the texts, in order
};

// The statements that assign to one of `names` or define a class of such a name, in order. Never throws: of what isn't Python it gives
// what looks like it.
std::vector<PythonStatement> pythonStatements(std::string_view source, const std::set<std::string, std::less<>>& names);

}  // namespace pulsewatch::migrations
