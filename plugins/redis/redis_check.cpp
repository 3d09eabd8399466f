// Whether a Redis answers: PING, then GET of a key, which `roundtrip` writes first, on a connection that is kept between runs.
#include "redis/redis_connection.h"
#include "redis/redis_messages.h"
#include "redis/redis_target.h"
#include <pulsewatch/plugin.h>

#include <optional>
#include <random>
#include <string>
#include <vector>

namespace pulsewatch::redis {
namespace {

using Poco::Redis::Command;

std::string freshValue() {
  std::random_device random;
  return "pulsewatch " + std::to_string(random()) + std::to_string(random());
}

class RedisCheck : public Check {
 public:
  explicit RedisCheck(Setup& setup)
      : target_(Target::parse(setup.text("url"))),
        connection_(target_),
        probe_(setup.text("probe")),
        key_(setup.text("key")),
        gets_(setup.series("django_cache_get_total", {"redis"})),
        hits_(setup.series("django_cache_hit_total", {"redis"})) {}

  Result run(Run& run) override {
    const net::Deadline deadline(run);
    try {
      const std::optional<Failure> warning = ping(deadline);
      if (probe_ == "get") get(run, deadline);
      if (probe_ == "roundtrip" && !roundtrip(run, deadline) && !roundtrip(run, deadline))
        return unhealthy("Redis read back something else than was written");
      run.watch(connection_.fd());
      if (warning) return degraded(message(*warning, target_), details(*warning, target_));
      return healthy("Redis connection successful");
    } catch (const Failure& failure) {
      return unhealthy(message(failure, target_), details(failure, target_));
    }
  }

 private:
  // What is wrong with a server that answers all the same: one that fails to save refuses PING as it refuses writes, and reads go on.
  std::optional<Failure> ping(const net::Deadline& deadline) {
    const std::vector<Command> command = {Command("PING")};
    Reply reply;
    const bool kept = connection_.isOpen();
    try {
      if (!kept) connection_.open(deadline);
      reply = connection_.ask(command, deadline).front();
    } catch (const Failure& failure) {
      // The server has closed the kept connection since: that says nothing about it yet.
      if (!kept || failure.kind() != Failure::Kind::lost) throw;
      connection_.open(deadline);
      reply = connection_.ask(command, deadline).front();
    }
    if (reply.type == Reply::Type::simple && reply.text == "PONG") return std::nullopt;
    if (reply.type == Reply::Type::error) {
      const Failure failure(Failure::Kind::reply, reply.text);
      if (reply.text.rfind("MISCONF ", 0) == 0) return failure;
      throw failure;
    }
    connection_.close();
    throw Failure(Failure::Kind::protocol, "PING was not answered with PONG");
  }

  Reply found(Run& run, Reply reply) {
    if (reply.type == Reply::Type::error) throw Failure(Failure::Kind::reply, reply.text);
    if (reply.type == Reply::Type::bulk) run.increment(hits_);
    return reply;
  }

  void get(Run& run, const net::Deadline& deadline) {
    const std::vector<Command> commands = {Command::get(key_)};
    run.increment(gets_);
    const Reply reply = found(run, connection_.ask(commands, deadline).front());
    if (reply.type != Reply::Type::bulk && reply.type != Reply::Type::nil) throwStrange("GET");
  }

  // False when another value came back: another host may have written the key in between, so one such answer proves nothing.
  bool roundtrip(Run& run, const net::Deadline& deadline) {
    const std::string value = freshValue();
    Command set("SET");
    set << key_ << value << "EX"
        << "60";
    run.increment(gets_);
    const std::vector<Reply> replies = connection_.ask({set, Command::get(key_)}, deadline);
    const Reply read = found(run, replies[1]);
    if (replies[0].type == Reply::Type::error) throw Failure(Failure::Kind::reply, replies[0].text);
    if (replies[0].type != Reply::Type::simple || replies[0].text != "OK") throwStrange("SET");
    return read.type == Reply::Type::bulk && read.text == value;
  }

  [[noreturn]] void throwStrange(const std::string& command) {
    connection_.close();
    throw Failure(Failure::Kind::protocol, command + " was answered with another type of reply");
  }

  const Target target_;
  Connection connection_;
  const std::string probe_;
  const std::string key_;
  const Series gets_;
  const Series hits_;
};

}  // namespace
}  // namespace pulsewatch::redis

PULSEWATCH_PLUGIN(pulsewatch::redis::RedisCheck,
                  pulsewatch::Plugin("redis", PULSEWATCH_VERSION, "A Redis server answers")
                      .defaultCheck("redis")
                      .url("url", "redis|rediss|unix", "redis://[user:password@]host:port/database, rediss://…, unix:///path?db=n", nullptr,
                           pulsewatch::Plugin::required)
                      .choice("probe", "ping|get|roundtrip", "what to do after PING: nothing, read the key, or write and read it", "get")
                      .setting("key", pulsewatch::Type::text, "the key that is read, and written by roundtrip", "pulsewatch:health")
                      .counter("django_cache_get_total", "Cache reads sent.", {"backend"})
                      .counter("django_cache_hit_total", "Cache reads that found a value.", {"backend"}))
