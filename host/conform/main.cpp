// pulsewatch-plugin-test: a plugin against what a host expects of one, from the command line to the exit code.
#include "base/text.h"
#include "conform/given_settings.h"
#include "conform/options.h"
#include "conform/rule.h"
#include "conform/rule_runs.h"
#include "plugin/hosted_check.h"
#include "plugin/plugin_file.h"
#include "plugin/refusal.h"
#include "worker/worker_inspector.h"
#include "worker/worker_main.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <iostream>
#include <optional>
#include <set>
#include <string>
#include <unistd.h>
#include <variant>

namespace pulsewatch::conform {

namespace {

// sysexits.h
constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kInternal = 70;
constexpr int kUsage = 78;

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text + "  ";
}

std::size_t nameWidth() {
  std::size_t width = 0;
  for (const Rule& rule : rules()) width = std::max(width, rule.name.size());
  return width;
}

int listRules() {
  for (const Rule& rule : rules()) std::cout << padded(rule.name, nameWidth()) << rule.meaning << '\n';
  return kDone;
}

std::map<std::string, std::string> environment() {
  std::map<std::string, std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string text(*variable);
    const std::size_t equals = text.find('=');
    if (equals != std::string::npos) variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

class Test {
 public:
  explicit Test(Options options) : options_(std::move(options)) {}

  // Throws WrongUsage and std::exception.
  int perform();

 private:
  void copyFile();
  bool load();
  void readSettings();
  void tell(const Rule& rule, Verdict verdict, const std::string& sentence);
  void tellFault(const Rule& rule, const std::string& fault) { tell(rule, fault.empty() ? Verdict::ok : Verdict::failed, fault); }

  const Options options_;
  Subject subject_;
  Redactor secrets_;
  bool loadable_ = false;
  std::size_t ok_ = 0;
  std::size_t failed_ = 0;
  std::size_t skipped_ = 0;
};

// A secret may stand in what the plugin says: it is taken out, as a host would.
void Test::tell(const Rule& rule, Verdict verdict, const std::string& sentence) {
  if (!options_.wants(rule.name)) return;
  ++(verdict == Verdict::ok ? ok_ : verdict == Verdict::failed ? failed_ : skipped_);
  const char* const word = verdict == Verdict::ok ? "ok" : verdict == Verdict::failed ? "FAILED" : "skipped";
  std::string text = verdict == Verdict::ok ? rule.meaning + (sentence.empty() ? "" : " (" + sentence + ")") : sentence;
  std::cout << padded(word, 7) << padded(rule.name, nameWidth()) << visibleText(secrets_.redacted(std::move(text))) << std::endl;
}

// Of a file that a host wouldn't trust all the rest can be tried all the same.
void Test::copyFile() {
  const Rule& rule = rules()[0];
  const std::filesystem::path path(options_.file);
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  subject_.image.file = path.string();
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file.valid())
    throw WrongUsage(quoted(options_.file) + " cannot be opened: " + std::generic_category().message(errno) +
                     "; write the path of a plugin's library");
  std::string fault;
  try {
    subject_.image.copy = openPluginFile(folder, path.filename().string(), {0, ::geteuid()});
    if (path.extension() != ".so") fault = "its name doesn't end in .so, so a host overlooks it; rename it";
  } catch (const Refusal& refusal) {
    fault = refusal.what();
    try {
      subject_.image.copy = copyPlugin(file, path.filename().string());
    } catch (const Refusal&) {  // NOLINT(bugprone-empty-catch): it was told, or the first one was worse
    }
  }
  tellFault(rule, fault);
}

bool Test::load() {
  const Rule& rule = rules()[1];
  if (!subject_.image.copy.valid()) {
    tell(rule, Verdict::skipped, "the file is none that can be loaded, as the rule file tells");
    return false;
  }
  auto inspected = WorkerInspector(WorkerProcess::kThisProgram).inspect(subject_.image);
  const auto* const refusal = std::get_if<Refusal>(&inspected);
  tellFault(rule, refusal == nullptr ? "" : refusal->what());
  if (refusal != nullptr) return false;
  subject_.description = std::get<PluginDescription>(std::move(inspected));
  return true;
}

void Test::readSettings() {
  Mistakes mistakes;
  subject_.given = readGivenSettings(subject_.description, options_.settings, environment(), mistakes);
  if (mistakes.empty()) return secrets_.add(subject_.given);
  std::string lines;
  for (const std::string& line : mistakes.lines()) lines += (lines.empty() ? "" : "\n") + line;
  throw WrongUsage(lines);
}

int Test::perform() {
  subject_.timeout = options_.timeout;
  copyFile();
  loadable_ = load();
  if (loadable_) readSettings();
  std::vector<const Rule*> chosen;
  for (const Rule& rule : rules()) {
    if (rule.holds == nullptr || !options_.wants(rule.name)) continue;
    if (loadable_)
      chosen.push_back(&rule);
    else
      tell(rule, Verdict::skipped, "a host doesn't take the plugin, as the rules above tell");
  }
  runRules(chosen, subject_, [this](const Rule& rule, Verdict verdict, const std::string& sentence) { tell(rule, verdict, sentence); });
  const auto part = [](std::size_t count, const char* word) { return count == 0 ? "" : ", " + std::to_string(count) + " " + word; };
  std::cout << (loadable_ ? subject_.description.name + " " + subject_.description.version : options_.file) << ": " << ok_ << " ok"
            << part(failed_, "failed") << part(skipped_, "skipped") << std::endl;
  return failed_ == 0 ? kDone : kFailed;
}

int perform(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], WorkerProcess::kWorkerArgument) == 0) return runWorker();
  const Options options = readOptions(argc, argv);
  if (options.help) return std::cout << optionsHelp(), kDone;
  if (options.version) return std::cout << "pulsewatch-plugin-test " PULSEWATCH_VERSION "\n", kDone;
  if (options.list) return listRules();
  return Test(options).perform();
}

}  // namespace

}  // namespace pulsewatch::conform

int main(int argc, char** argv) {
  try {
    return pulsewatch::conform::perform(argc, argv);
  } catch (const pulsewatch::conform::WrongUsage& e) {
    std::cerr << e.what() << "\npulsewatch-plugin-test --help tells more\n";
    return pulsewatch::conform::kUsage;
  } catch (const std::exception& e) {
    std::cerr << "pulsewatch-plugin-test: " << e.what() << '\n';
  }
  return pulsewatch::conform::kInternal;
}
