// The template's abi.rs is abi.h: every number, the size of every struct, and of every field its place, its size and its type are the same,
// as a C++ program prints them from the one and a Rust program from the other. What is looked at is what abi_layout.c freezes.
#include "support/connect.h"
#include "support/temporary_directory.h"
#include "unit/sdk/tool_run.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <regex>
#include <set>

namespace pulsewatch::testing {
namespace {

// A type is described by what a call or a read depends on: "i32", "f64", "ptr", "fn(ptr,i32)->i32".
const char* const kCppHead = R"(#include <pulsewatch/abi.h>
#include <cstddef>
#include <iostream>
#include <string>
template <class T> struct Name;
#define NAME(type, text) template <> struct Name<type> { static std::string of() { return text; } };
NAME(void, "void") NAME(std::uint16_t, "u16") NAME(std::int32_t, "i32") NAME(std::uint32_t, "u32") NAME(std::int64_t, "i64") NAME(double, "f64")
template <class T> struct Name<T*> { static std::string of() { return "ptr"; } };
template <class R, class... A> struct Name<R (*)(A...)> {
  static std::string of() {
    std::string all;
    ((all += (all.empty() ? "" : ",") + Name<A>::of()), ...);
    return "fn(" + all + ")->" + Name<R>::of();
  }
};
#define NUMBER(name) std::cout << #name " " << name << "\n";
#define SIZE(type) std::cout << #type " " << sizeof(type) << "\n";
#define FIELD(type, field) \
  std::cout << #type "." #field " " << offsetof(type, field) << " " << sizeof(type::field) << " " << Name<decltype(type::field)>::of() << "\n";
int main() {
)";

const char* const kRustHead = R"(#[path = "@ABI@"]
mod abi;
use abi::*;
trait Name { fn of() -> String; }
macro_rules! name { ($($t:ty, $text:literal;)*) => { $(impl Name for $t { fn of() -> String { $text.into() } })* } }
name! { (), "void"; u16, "u16"; i32, "i32"; u32, "u32"; i64, "i64"; f64, "f64"; }
impl<T> Name for *const T { fn of() -> String { "ptr".into() } }
impl<T> Name for *mut T { fn of() -> String { "ptr".into() } }
macro_rules! function { ($($a:ident)*) => {
    impl<R: Name, $($a: Name),*> Name for unsafe extern "C" fn($($a),*) -> R {
        fn of() -> String { let all: Vec<String> = vec![$($a::of()),*]; format!("fn({})->{}", all.join(","), R::of()) }
    }
} }
function! {} function! { A } function! { A B } function! { A B C } function! { A B C D }
fn of_field<T: Name>(_: *const T) -> (usize, String) { (std::mem::size_of::<T>(), T::of()) }
macro_rules! number { ($name:ident) => { println!("{} {}", stringify!($name), $name); } }
macro_rules! size { ($t:ident) => { println!("{} {}", stringify!($t), std::mem::size_of::<$t>()); } }
macro_rules! field { ($t:ident, $field:ident, $shown:literal) => {
    let whole = std::mem::MaybeUninit::<$t>::uninit();
    let place = unsafe { std::ptr::addr_of!((*whole.as_ptr()).$field) };
    let (size, name) = of_field(place);
    println!("{}.{} {} {} {}", stringify!($t), $shown, place as usize - whole.as_ptr() as usize, size, name);
} }
fn main() {
)";

// What abi_layout.c names, as statements of the two programs.
struct Programs {
  std::string cpp = kCppHead;
  std::string rust = kRustHead;
  std::set<std::string> structs;
  int statements = 0;
};

const Programs& programs() {
  static const Programs both = [] {
    Programs made;
    const std::string layout = readFile(PULSEWATCH_SOURCE "/tests/unit/sdk/abi_layout.c");
    const std::regex row(R"(\n(NUMBER|SIZE|FIELD)\((\w+), (\w+)(, \d+)?\);)");
    for (std::sregex_iterator at(layout.begin(), layout.end(), row), end; at != end; ++at) {
      const std::string kind = (*at)[1];
      const std::string name = (*at)[2];
      const std::string field = (*at)[3];
      if (kind == "FIELD") {
        made.cpp += "FIELD(" + name + ", " + field + ")\n";
        made.rust += "field!(" + name + ", " + (field == "type" ? "r#type" : field) + ", \"" + field + "\");\n";
      } else {
        made.cpp += kind + "(" + name + ")\n";
        made.rust += (kind == "SIZE" ? "size!(" : "number!(") + name + ");\n";
      }
      if (kind == "SIZE") made.structs.insert(name);
      ++made.statements;
    }
    made.cpp += "}\n";
    made.rust += "}\n";
    return made;
  }();
  return both;
}

std::string built(const std::vector<std::string>& compile, const std::string& program) {
  std::vector<std::string> command = compile;
  command.insert(command.end(), {"-o", program});
  const ToolRun compiled = runTool(command);
  CPPUNIT_ASSERT_EQUAL_MESSAGE(compiled.errors, 0, compiled.code);
  const ToolRun run = runTool({program});
  CPPUNIT_ASSERT_EQUAL_MESSAGE(run.errors, 0, run.code);
  return run.output;
}

class RustAbiTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RustAbiTest);
  CPPUNIT_TEST(layoutIsTheSame);
  CPPUNIT_TEST(changesAreNoticed);
  CPPUNIT_TEST(nothingIsMissing);
  CPPUNIT_TEST_SUITE_END();

 public:
  void layoutIsTheSame() {
    const std::string in_cpp = ofHeader();
    CPPUNIT_ASSERT(programs().statements > 70);
    CPPUNIT_ASSERT_EQUAL(static_cast<std::ptrdiff_t>(programs().statements), std::count(in_cpp.begin(), in_cpp.end(), '\n'));
    CPPUNIT_ASSERT_EQUAL(in_cpp, ofRust(readFile(kAbi)));
  }

  void changesAreNoticed() {
    const std::pair<std::string, std::string> changes[] = {
        {"PW_STATUS_DEGRADED: i32 = 2", "PW_STATUS_DEGRADED: i32 = 3"},
        {"    pub settings_count: u32,\n    pub setting_size: u32,", "    pub setting_size: u32,\n    pub settings_count: u32,"},
        {"fn(*mut pw_run, i32, f64)", "fn(*mut pw_run, i64, f64)"},
        {"pub duration_ms: f64", "pub duration_ms: i64"},
        {"    pub reserved: u32,\n", "    pub reserved: u32,\n    pub added: u64,\n"},
    };
    const std::string in_cpp = ofHeader();
    const std::string abi = readFile(kAbi);
    for (const auto& [was, is] : changes) {
      CPPUNIT_ASSERT_MESSAGE("abi.rs no longer has " + was, abi.find(was) != std::string::npos);
      CPPUNIT_ASSERT_MESSAGE(is, in_cpp != ofRust(replaced(abi, was, is)));
    }
  }

  // Every number and struct of abi.h is one of those that were compared.
  void nothingIsMissing() {
    const std::string abi = readFile(PULSEWATCH_SOURCE "/sdk/include/pulsewatch/abi.h");
    const std::string seen = ofHeader();
    const std::regex number(R"(\b(PW_\w+)(?: =|\s+\d))");
    int numbers = 0;
    for (std::sregex_iterator at(abi.begin(), abi.end(), number), end; at != end; ++at, ++numbers)
      CPPUNIT_ASSERT_MESSAGE((*at)[1].str(), ("\n" + seen).find("\n" + (*at)[1].str() + " ") != std::string::npos);
    CPPUNIT_ASSERT(numbers >= 20);
    const std::regex whole(R"(typedef struct (\w+) \{)");
    for (std::sregex_iterator at(abi.begin(), abi.end(), whole), end; at != end; ++at)
      CPPUNIT_ASSERT_MESSAGE((*at)[1].str(), programs().structs.count((*at)[1]) == 1);
  }

 private:
  static inline const std::string kAbi = PULSEWATCH_SOURCE "/sdk/template/rust/src/abi.rs";

  static std::string ofHeader() {
    const TemporaryDirectory directory;
    const std::string source = directory.write("layout.cpp", programs().cpp).string();
    return built({"g++", "-std=c++17", "-Wno-invalid-offsetof", "-I", PULSEWATCH_SOURCE "/sdk/include", source},
                 (directory / "layout").string());
  }

  static std::string ofRust(const std::string& abi) {
    const TemporaryDirectory directory;
    directory.write("abi.rs", abi);
    const std::string source = directory.write("layout.rs", replaced(programs().rust, "@ABI@", (directory / "abi.rs").string())).string();
    return built({"/usr/bin/rustc", "--edition=2021", source}, (directory / "layout").string());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RustAbiTest);

}  // namespace
}  // namespace pulsewatch::testing
