#include "http/server/refusal.h"

#include "http/codec/h1_writer.h"
#include "http/message.h"

namespace fairlead::http {

unsigned refusal_status(Code code) {
  switch (code) {
    case Code::client_header_timeout:
    case Code::client_idle_timeout:
      return 408;
    case Code::target_too_long:
      return 414;
    case Code::bad_expect:
      return 417;
    case Code::head_too_large:
    case Code::too_many_fields:
      return 431;
    case Code::body_too_large:
      return 413;
    case Code::unknown_transfer_coding:
    case Code::connect_unsupported:
      return 501;
    case Code::bad_version:
      return 505;
    default:
      return 400;
  }
}

io::Task<Result<void>> write_refusal(io::Stream& stream, Error error) {
  Arena arena;
  ResponseHead head(arena);
  unsigned status = refusal_status(error.code);
  head.status = static_cast<uint16_t>(status);
  head.headers.add(FieldId::content_type, "text/plain; charset=utf-8");
  std::string_view phrase = reason_phrase(status);
  std::string number = std::to_string(status);
  std::string_view body = arena.join(std::string_view(number), std::string_view(" "), phrase);
  Framing framing;
  framing.kind = BodyKind::length;
  framing.length = body.size();
  framing.is_keep_alive = false;
  char* text = arena.take_chars(head_bytes(head, framing));
  iovec parts[2] = {{text, write_response_head(head, framing, text)},
                    {const_cast<char*>(body.data()), body.size()}};
  io::Timeout idle{io::Duration{5000}, Code::client_write_timeout, Side::client, Stage::head};
  Result<void> sent = co_await io::write_all(stream, parts, idle);
  co_return sent;
}

}  // namespace fairlead::http
