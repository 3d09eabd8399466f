// What arrives when something else than HTTP/1.1 was meant: each is answered, or at least ended, at its first bytes.
#include "requests/request.h"

namespace pulsewatch::testing {

using namespace std::string_literals;

Requests foreignRows() {
  return {
      {.name = "TLS 1.2's hello", .bytes = "\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03"s},
      {.name = "the first byte of a TLS hello", .bytes = "\x16"},
      {.name = "SSL 2's hello", .bytes = "\x80\x2E\x01\x03\x01\x00\x15"s},
      {.name = "a TLS alert", .bytes = "\x15\x03\x03\x00\x02\x01\x00"s},
      {.name = "HTTP/2's preface", .bytes = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .status = 505},
      {.name = "HTTP/2's preface and its settings", .bytes = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"s, .status = 505},
      {.name = "HTTP/2's frame without a preface", .bytes = "\0\0\x12\x04\0\0\0\0\0"s},
      {.name = "QUIC's first packet", .bytes = "\xC3\0\0\0\x01\x08"s},
      {.name = "SSH", .bytes = "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"},
      {.name = "SMTP", .bytes = "EHLO client.example\r\n"},
      {.name = "FTP", .bytes = "USER anonymous\r\n"},
      {.name = "IMAP", .bytes = "a001 LOGIN user\r\n"},
      {.name = "Redis, inline", .bytes = "PING\r\n"},
      {.name = "Redis", .bytes = "*1\r\n$4\r\nPING\r\n"},
      {.name = "memcached", .bytes = "stats\r\n"},
      {.name = "PostgreSQL's request for TLS", .bytes = "\0\0\0\x08\x04\xD2\x16\x2F"s},
      {.name = "MySQL's login", .bytes = "\x20\0\0\x01\x85\xA6\x03\0"s},
      {.name = "PROXY protocol 1", .bytes = "PROXY TCP4 192.0.2.1 192.0.2.2 56324 80\r\nGET /healthz HTTP/1.1\r\n" + host_field + "\r\n"},
      {.name = "PROXY protocol 1, of what is unknown", .bytes = "PROXY UNKNOWN\r\n"},
      {.name = "PROXY protocol 2", .bytes = "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0C"s},
      {.name = "SOCKS 5", .bytes = "\x05\x01\0"s},
      {.name = "SOCKS 4", .bytes = "\x04\x01\0\x50\x7F\0\0\x01\0"s},
      {.name = "RDP", .bytes = "\x03\0\0\x13\x0E\xE0\0\0"s},
      {.name = "SMB", .bytes = "\0\0\0\x2F\xFFSMB"s},
      {.name = "DNS", .bytes = "\0\x1E\x12\x34\x01\0\0\x01"s},
      {.name = "AMQP", .bytes = "AMQP\0\0\x09\x01"s},
      {.name = "MQTT", .bytes = "\x10\x10\0\x04MQTT"s},
      {.name = "BitTorrent",
       .bytes = "\x13"
                "BitTorrent protocol"},
      {.name = "Git", .bytes = "0032git-upload-pack /p.git\0host=localhost\0"s},
      {.name = "JSON", .bytes = "{\"jsonrpc\": \"2.0\"}\n"},
      {.name = "XML", .bytes = "<?xml version=\"1.0\"?>\r\n"},
      {.name = "RTSP", .bytes = "OPTIONS rtsp://localhost/ RTSP/1.0\r\nCSeq: 1\r\n\r\n"},
      {.name = "SIP", .bytes = "REGISTER sip:localhost SIP/2.0\r\nVia: SIP/2.0/TCP a\r\n\r\n"},
      {.name = "a shell's line", .bytes = "cat /etc/passwd; ls\n"},
      {.name = "Telnet's options", .bytes = "\xFF\xFD\x03\xFF\xFB\x18"},
      {.name = "Enter", .bytes = "\r\n\r\n"},
      {.name = "Enter of Unix", .bytes = "\n"},
      {.name = "Ctrl-C", .bytes = "\x03"},
      {.name = "UTF-16", .bytes = "\xFF\xFEG\0E\0T\0"s},
      {.name = "UTF-16 without a mark", .bytes = "G\0E\0T\0 \0/\0"s},
      {.name = "zeros", .bytes = std::string(64, '\0')},
  };
}

}  // namespace pulsewatch::testing
