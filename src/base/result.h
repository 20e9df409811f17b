// Errors as values. A Result<T> is either a T or an Error; an Error answers the questions a proxy
// asks: what went wrong, whose fault it was, at which stage, may the request be tried again. It
// carries no text: words are added where it is logged. Plain values, usable from any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

namespace fairlead {

enum class Code : uint8_t {
#define FAIRLEAD_CODE(name, words) name,
#include "base/error_codes.inc"
#undef FAIRLEAD_CODE
};

// Whose fault.
enum class Side : uint8_t { self, client, upstream };

// Where in the life of a request.
enum class Stage : uint8_t {
  none,
  accept,
  handshake,
  head,
  route,
  connect,
  send,
  response_head,
  body,
  tunnel
};

// May the request be tried again on another connection.
enum class Retry : uint8_t {
  never,
  if_reused,      // only when the connection came from the pool: the peer may have closed it in the
                  // same instant
  if_idempotent,  // the request may have been executed
  always,         // the request was certainly not sent
};

struct [[nodiscard]] Error {
  Code code = Code::internal;
  Side side = Side::self;
  Stage stage = Stage::none;
  Retry retry = Retry::never;
  int32_t os = 0;  // errno, or 0

  bool operator==(const Error&) const = default;
};
static_assert(sizeof(Error) == 8);

// The words of error_codes.inc, for logs.
std::string_view words(Code code);
// The enumerator's own name, for metrics labels and tests.
std::string_view name(Code code);
std::string_view name(Side side);
std::string_view name(Stage stage);

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(Code code, Side side = Side::self, Stage stage = Stage::none,
                                   Retry retry = Retry::never, int32_t os = 0) {
  return std::unexpected(Error{code, side, stage, retry, os});
}
inline std::unexpected<Error> fail(Error error) { return std::unexpected(error); }

}  // namespace fairlead

// FAIRLEAD_CO_TRY(auto value, co_await something()): declares `value` or returns the error from a
// coroutine. FAIRLEAD_TRY is the same for plain functions. Declarations, never statement
// expressions (GCC PR 115851).
#define FAIRLEAD_CONCAT_(a, b) a##b
#define FAIRLEAD_CONCAT(a, b) FAIRLEAD_CONCAT_(a, b)
#define FAIRLEAD_TRY_(tmp, declaration, expression, ret) \
  auto tmp = expression;                                 \
  if (!tmp) ret std::unexpected(tmp.error());            \
  declaration = std::move(*tmp)
#define FAIRLEAD_TRY(declaration, expression) \
  FAIRLEAD_TRY_(FAIRLEAD_CONCAT(try_, __LINE__), declaration, expression, return)
#define FAIRLEAD_CO_TRY(declaration, expression) \
  FAIRLEAD_TRY_(FAIRLEAD_CONCAT(try_, __LINE__), declaration, expression, co_return)
