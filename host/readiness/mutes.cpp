#include "readiness/mutes.h"

#include "readiness/mute_file.h"

#include <utility>

namespace pulsewatch {

Mutes::Mutes(const Clock& clock, const std::string& state_directory) : clock_(clock), path_(state_directory + "/mutes") {
  list_.set(std::make_shared<const MuteList>());
}

std::string Mutes::load() {
  const MutexLock lock(writing_);
  MuteList mutes;
  const std::string fault = readMuteFile(path_, mutes);
  if (!fault.empty()) return path_ + " " + fault + ": no check is muted; remove it, the next mute makes it anew";
  list_.set(std::make_shared<const MuteList>(std::move(mutes)));
  return {};
}

// Without those whose time is over.
MuteList Mutes::current() const {
  MuteList mutes = *list_.get();
  std::erase_if(mutes, [now = clock_.wall()](const auto& each) { return each.second.until <= now; });
  return mutes;
}

std::string Mutes::mute(const std::string& check, Milliseconds time, const std::string& reason) {
  const MutexLock lock(writing_);
  MuteList mutes = current();
  // In milliseconds, as the file has it.
  mutes[check] = {WallTime(std::chrono::floor<Milliseconds>(clock_.wall().time_since_epoch()) + time), shownReason(reason)};
  const std::string fault = writeMuteFile(path_, mutes);
  if (!fault.empty())
    return "check " + check + " was not muted, as that would not outlive a restart: " + path_ + " " + fault +
           "; see to state.directory and try again";
  list_.set(std::make_shared<const MuteList>(std::move(mutes)));
  return {};
}

std::string Mutes::unmute(const std::string& check) {
  const MutexLock lock(writing_);
  MuteList mutes = current();
  if (mutes.erase(check) == 0) return "check " + check + " is not muted";
  const std::string fault = writeMuteFile(path_, mutes);
  list_.set(std::make_shared<const MuteList>(std::move(mutes)));
  if (fault.empty()) return {};
  return "check " + check + " votes again, but is muted again after a restart: " + path_ + " " + fault +
         "; see to state.directory, then mute and unmute it";
}

std::vector<std::string> Mutes::ended(WallTime from, WallTime to) const {
  std::vector<std::string> checks;
  const auto mutes = list_.get();
  for (const auto& [check, mute] : *mutes) {
    if (mute.until > from && mute.until <= to) checks.push_back(check);
  }
  return checks;
}

}  // namespace pulsewatch
