// Which checks are muted, now and after a restart: what is not on the disk is not muted either, so that no mute is lost without a word.
//
// mute() and unmute() block as long as the disk does; list() never. Any thread.
#pragma once

#include "base/mutex.h"
#include "base/published.h"
#include "readiness/mute_list.h"

#include <memory>
#include <string>
#include <vector>

namespace pulsewatch {

class Mutes {
 public:
  static constexpr std::chrono::hours kLongest{30 * 24};

  // The clock must outlive it. Nothing is read yet.
  Mutes(const Clock& clock, const std::string& state_directory);

  // Takes up what an earlier daemon left; a sentence when that can't be had, "" when it could.
  std::string load() EXCLUDES(writing_);

  // A sentence that says why not; "" when it is done. A check that is muted already gets the new time and reason.
  std::string mute(const std::string& check, Milliseconds time, const std::string& reason) EXCLUDES(writing_);
  // The same; it votes again all the same when only the disk is in the way.
  std::string unmute(const std::string& check) EXCLUDES(writing_);

  // May have some whose time is over.
  [[nodiscard]] std::shared_ptr<const MuteList> list() const { return list_.get(); }
  // The checks whose mute ended after `from`, and at `to` at the latest.
  [[nodiscard]] std::vector<std::string> ended(WallTime from, WallTime to) const;

 private:
  [[nodiscard]] MuteList current() const;

  const Clock& clock_;
  const std::string path_;
  Mutex writing_;  // one change at a time
  Published<MuteList> list_;
};

}  // namespace pulsewatch
