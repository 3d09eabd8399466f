#include "check_posts.h"

#include "worker/messages.h"

#include <openssl/evp.h>

#include <algorithm>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

namespace pulsewatch {

namespace {

constexpr std::chrono::seconds kHoldGrace{5};  // beyond a run's timeout and its worker's end

CheckPolicy policyOf(const CheckSpec& spec) {
  CheckPolicy policy;
  policy.name = spec.name;
  policy.plugin = spec.plugin;
  policy.critical = spec.critical;
  policy.fall = spec.fall;
  policy.rise = spec.rise;
  policy.flap_window = spec.flap_window;
  policy.degraded_after = spec.degraded_after;
  policy.depends_on = spec.depends_on;
  policy.shared = spec.shared;
  policy.stale_after = 3 * spec.interval + spec.timeout;
  policy.unavailable = spec.unavailable;
  return policy;
}

CheckPosts::Digest digestOf(WireWriter& wire) {
  const std::string text = wire.take();
  CheckPosts::Digest digest{};
  if (EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1)
    throw std::runtime_error("OpenSSL has no SHA-256 here");
  return digest;
}

// As a worker is told it, and what the host keeps to itself.
CheckPosts::Digest termsOf(const CheckSpec& spec) {
  WireWriter wire;
  wire(spec, spec.interval, spec.fast_interval, spec.critical, spec.fall, spec.rise, spec.flap_window, spec.degraded_after, spec.depends_on,
       spec.shared, spec.unavailable);
  return digestOf(wire);
}

CheckPosts::Digest workOf(const CheckSpec& spec) {
  WireWriter wire;
  wire(spec);
  return digestOf(wire);
}

bool isAt(const CheckPosts::Post& post, const Appointment& appointment) {
  return post.runner == appointment.employer.runner && post.plugin == appointment.spec->plugin && post.terms == termsOf(*appointment.spec);
}

bool isMadeAnew(const CheckPosts::Post& post, const Appointment& appointment) {
  return post.runner != appointment.employer.runner || post.work != workOf(*appointment.spec);
}

}  // namespace

CheckId CheckPosts::idOf(const std::string& name) {
  if (const auto post = posts_.find(name); post != posts_.end()) return post->second.id;
  const auto [reserved, added] = reserved_.try_emplace(name, last_id_ + 1);
  if (added) ++last_id_;
  return reserved->second;
}

CheckChanges CheckPosts::appoint(const std::vector<Appointment>& all, ResultBoard::Comes comes) {
  CheckChanges changes;
  std::set<std::string> names;
  for (const Appointment& each : all) {
    names.insert(each.spec->name);
    if (posts_.count(each.spec->name) > 0) continue;
    add(*each.spec, each.employer, comes);
    changes.added.push_back(each.spec->name);
  }
  if (comes == ResultBoard::Comes::later) board_.waitForNewcomers(clock_.steady() + kArrival);

  std::vector<const Appointment*> changed;
  Milliseconds longest{0};
  for (const Appointment& each : all) {
    const Post& post = posts_.at(each.spec->name);
    if (isAt(post, each)) continue;
    changed.push_back(&each);
    longest = std::max(longest, each.spec->timeout);
    // All at once: runs that hang are waited for together.
    if (post.runner != nullptr && isMadeAnew(post, each)) scheduler_.hold(post.id, clock_.steady());
  }
  const SteadyTime until = clock_.steady() + longest + kHoldGrace;

  BoardEdit edit;
  for (const Appointment* each : changed) {
    Post& post = posts_.at(each->spec->name);
    if (each->employer.runner == nullptr) rest(post, until);
    edit.policies.emplace_back(post.id, policyOf(*each->spec));
  }
  for (const auto& [name, post] : posts_) {
    if (names.count(name) > 0) continue;
    changes.removed.push_back(name);
    edit.removed.push_back(post.id);
  }
  board_.letIn(std::move(edit), {clock_.wall(), active_time_.now()});

  for (const std::string& name : changes.removed) remove(name);
  for (const Appointment* each : changed) {
    change(*each, until);
    changes.changed.push_back(each->spec->name);
  }
  return changes;
}

void CheckPosts::add(const CheckSpec& spec, const Employer& employer, ResultBoard::Comes comes) {
  const CheckId id = idOf(spec.name);
  reserved_.erase(spec.name);
  posts_[spec.name] = {id, spec.plugin, termsOf(spec), workOf(spec), employer.runner};
  // It begins blocked: the judge lets it run, perhaps at once. A newcomer has its first result before it is judged at all.
  if (!spec.depends_on.empty() && comes == ResultBoard::Comes::now) scheduler_.pause(id);
  board_.add(id, policyOf(spec), clock_.wall(), comes);
  run_log_.addCheck(id, spec.name, spec.plugin);
  if (employer.runner == nullptr) return run_log_.unavailable(policyOf(spec));
  metrics_.addCheck(id, employer.metrics);
  if (!employer.trial->admit(id)) employer.runner->add(id, spec);
  scheduler_.add(id, {spec.interval, spec.timeout, spec.fast_interval}, employer.runner);
}

void CheckPosts::change(const Appointment& appointment, SteadyTime until) {
  const CheckSpec& spec = *appointment.spec;
  const Employer& employer = appointment.employer;
  const CheckTiming timing{spec.interval, spec.timeout, spec.fast_interval};
  Post& post = posts_.at(spec.name);
  if (post.runner == nullptr && !spec.depends_on.empty()) scheduler_.pause(post.id);
  run_log_.addCheck(post.id, spec.name, spec.plugin);
  if (employer.runner == nullptr) {
    run_log_.unavailable(policyOf(spec));
  } else if (!isMadeAnew(post, appointment)) {
    scheduler_.retime(post.id, timing);
  } else {
    const bool other_work = post.work != workOf(spec);
    if (post.runner != nullptr) {
      scheduler_.hold(post.id, until);
      post.runner->remove(post.id);
    }
    metrics_.addCheck(post.id, employer.metrics);
    // On trial it was made there already, with the same terms.
    if (!employer.trial->admit(post.id)) employer.runner->add(post.id, spec);
    if (post.runner == nullptr)
      scheduler_.add(post.id, timing, employer.runner);
    else
      scheduler_.release(post.id, timing, employer.runner);
    if (other_work) scheduler_.runWanted(post.id);
  }
  post = {post.id, spec.plugin, termsOf(spec), workOf(spec), employer.runner};
}

// The check can't run any more. A run that is going on is waited for; no result comes after it.
void CheckPosts::rest(Post& post, SteadyTime until) {
  if (post.runner == nullptr) return;
  scheduler_.hold(post.id, until);
  scheduler_.remove(post.id);
  post.runner->remove(post.id);
  metrics_.remove(post.id);
  post.runner = nullptr;
}

void CheckPosts::remove(const std::string& name) {
  const auto found = posts_.find(name);
  if (found == posts_.end()) return;
  const Post& post = found->second;
  scheduler_.remove(post.id);
  if (post.runner != nullptr) post.runner->remove(post.id);
  board_.remove(post.id);
  metrics_.remove(post.id);
  run_log_.removeCheck(post.id);
  posts_.erase(found);
}

}  // namespace pulsewatch
