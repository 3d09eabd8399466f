#include "requests/reading.h"

#include "requests/plain_reader.h"
#include "requests/request.h"

#include <memory>

namespace pulsewatch::testing {

namespace {

// One connection, up to the end of its first request.
class Reader {
 public:
  // All that has come by now.
  void read(std::string_view bytes) {
    if (reading_.head == 0) readHead(bytes);
    if (body_ == nullptr) return;
    reading_.taken += body_->take(bytes.substr(reading_.taken));
    fail(body_->fault());
    reading_.complete = body_->complete();
  }

  [[nodiscard]] bool ended() const { return reading_.complete || reading_.status != 0; }

  Reading reading() {
    if (body_ != nullptr) reading_.content = body_->content();
    return reading_;
  }

 private:
  void readHead(std::string_view bytes) {
    reading_.head = scan_.end(bytes);
    reading_.taken = reading_.head;
    fail(scan_.fault());
    if (reading_.head == 0) return;
    ParsedHead head;
    const RequestFault fault = parseHead(bytes.substr(0, reading_.head), body_limit, head);
    fail(fault);
    describe(head, bytes.substr(0, reading_.head));
    if (fault) return;
    reading_.framing = head.framing;
    reading_.keep_alive = head.keep_alive;
    reading_.expects_continue = head.expects_continue;
    body_ = std::make_unique<BodyReader>(head.framing, body_limit);
  }

  void fail(const RequestFault& fault) {
    if (!fault) return;
    reading_.status = fault.status;
    reading_.why = fault.why;
  }

  void describe(const ParsedHead& head, std::string_view bytes) {
    const HttpRequest& request = head.request;
    reading_.request = std::string(request.has_host ? "a host" : "no host") + (request.accepts_gzip ? ", gzip" : "");
    for (const std::string_view view : {request.method, request.target, request.version, request.host, request.request_id,
                                        request.authorization, request.forwarded_for, request.forwarded_proto}) {
      const bool within = view.empty() || (view.data() >= bytes.data() && view.data() + view.size() <= bytes.data() + bytes.size());
      if (!within && view.data() != head.forwarded_for.data()) reading_.other_memory = true;
      reading_.request.append("|").append(view);
    }
  }

  HeadScan scan_;
  std::unique_ptr<BodyReader> body_;
  Reading reading_;
};

}  // namespace

bool Reading::operator==(const Reading& other) const { return shown(*this) == shown(other); }

std::string shown(const Reading& reading) {
  return (reading.complete      ? "whole, "
          : reading.status != 0 ? std::to_string(reading.status) + " (" + reading.why + "), "
                                : "unfinished, ") +
         "head " + std::to_string(reading.head) + ", taken " + std::to_string(reading.taken) + ", framing " +
         std::to_string(static_cast<int>(reading.framing.kind)) + "/" + std::to_string(reading.framing.length) +
         (reading.keep_alive ? ", keep-alive" : "") + (reading.expects_continue ? ", 100-continue" : "") + ", " + reading.request + " [" +
         reading.content + "]";
}

Reading readRequest(std::string_view bytes, const std::vector<std::size_t>& ends) {
  Reader reader;
  for (const std::size_t end : ends) {
    reader.read(bytes.substr(0, end));
    if (reader.ended()) return reader.reading();
  }
  reader.read(bytes);
  return reader.reading();
}

Reading readBytes(std::string_view bytes) {
  std::vector<std::size_t> ends;
  for (std::size_t i = 0; i < bytes.size(); ++i) ends.push_back(i);
  return readRequest(bytes, ends);
}

std::string readingFault(std::string_view bytes, const Reading& reading) {
  if (reading.head > bytes.size() || reading.taken > bytes.size()) return "more is taken than there is";
  if (reading.head > HeadScan::kMostBytes) return "the head is too long";
  if (reading.content.size() > body_limit) return "the content is too long";
  if (reading.other_memory) return "a view is of other memory";
  if (reading.complete && reading.status != 0) return "a request is whole and refused";
  if (reading.status != 0 && reading.why.empty()) return "a fault says nothing";
  if (!reading.complete) return "";
  const PlainRequest plain = plainRequest(bytes);
  if (!plain.fault.empty()) return "it is taken, but " + plain.fault;
  if (plain.head != reading.head) return "the other reader's head has " + std::to_string(plain.head) + " bytes";
  if (plain.size != reading.taken) return "the other reader takes " + std::to_string(plain.size) + " bytes";
  return plain.content == reading.content ? "" : "the other reader's content is [" + plain.content + "]";
}

}  // namespace pulsewatch::testing
