#include "check_posts.h"

#include "worker/messages.h"

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

// As a worker is told it, and what the host keeps to itself.
std::string termsOf(const CheckSpec& spec) {
  WireWriter wire;
  wire(spec, spec.interval, spec.critical, spec.fall, spec.rise, spec.flap_window, spec.degraded_after, spec.depends_on, spec.shared,
       spec.unavailable);
  return wire.take();
}

}  // namespace

CheckId CheckPosts::idOf(const std::string& name) {
  if (const auto post = posts_.find(name); post != posts_.end()) return post->second.id;
  const auto [reserved, added] = reserved_.try_emplace(name, last_id_ + 1);
  if (added) ++last_id_;
  return reserved->second;
}

void CheckPosts::set(const CheckSpec& spec, const Employer& employer) {
  if (const auto found = posts_.find(spec.name); found != posts_.end()) return change(found->second, spec, employer);
  const CheckId id = idOf(spec.name);
  reserved_.erase(spec.name);
  posts_[spec.name] = {id, spec.plugin, termsOf(spec), employer.runner};
  // It begins blocked: the judge lets it run, perhaps at once.
  if (!spec.depends_on.empty()) scheduler_.pause(id);
  board_.add(id, policyOf(spec), clock_.wall());
  run_log_.addCheck(id, spec.name, spec.plugin);
  if (employer.runner == nullptr) return run_log_.unavailable(policyOf(spec));
  metrics_.addCheck(id, employer.metrics);
  if (!employer.trial->admit(id)) employer.runner->add(id, spec);
  scheduler_.add(id, {spec.interval, spec.timeout}, employer.runner);
}

void CheckPosts::change(Post& post, const CheckSpec& spec, const Employer& employer) {
  std::string terms = termsOf(spec);
  if (post.terms == terms && post.runner == employer.runner && post.plugin == spec.plugin) return;
  const bool other_runner = post.runner != employer.runner;
  const bool other_terms = post.terms != terms;
  if (post.runner != nullptr) scheduler_.hold(post.id, clock_.steady() + spec.timeout + kHoldGrace);
  if (post.runner != nullptr && (other_runner || other_terms)) post.runner->remove(post.id);

  if (post.runner == nullptr && !spec.depends_on.empty()) scheduler_.pause(post.id);
  board_.setPolicy(post.id, policyOf(spec), {clock_.wall(), active_time_.now()});
  run_log_.addCheck(post.id, spec.name, spec.plugin);
  if (employer.runner == nullptr) {
    scheduler_.remove(post.id);
    metrics_.remove(post.id);
    run_log_.unavailable(policyOf(spec));
  } else {
    metrics_.addCheck(post.id, employer.metrics);
    // On trial it was made there already, with the same terms.
    if (!employer.trial->admit(post.id)) employer.runner->add(post.id, spec);
    const CheckTiming timing{spec.interval, spec.timeout};
    if (post.runner == nullptr)
      scheduler_.add(post.id, timing, employer.runner);
    else
      scheduler_.release(post.id, timing, employer.runner);
  }
  post = {post.id, spec.plugin, std::move(terms), employer.runner};
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
