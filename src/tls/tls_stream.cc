#include "tls/tls_stream.h"

#include <algorithm>
#include <cstring>

#include "tls/certificate_text.h"
#include "tls/handshake_words.h"
#include "tls/inner_bio.h"
#include "tls/openssl_ptr.h"
#include "tls/protocols.h"
#include "tls/write_pieces.h"

namespace fairlead::tls {
namespace {

constexpr size_t kWriteBytes = 4 * kRecordBytes;  // taken by one try_write
constexpr size_t kReadBytes = 4096;               // of a ClientHello at a time
constexpr uint32_t kKeyUpdatesPerSecond = 100;
constexpr unsigned char kKeyUpdate = 24;  // RFC 8446 §4.6.3
constexpr unsigned char kUnrecognizedName[] = {0x15, 3, 3,  0,
                                               2,    2, 112};  // a fatal alert (RFC 6066 §3)

bool is_empty(std::span<const iovec> parts) {
  return std::ranges::all_of(parts, [](const iovec& part) { return part.iov_len == 0; });
}

std::string_view agreed_protocol(SSL* ssl) {
  const unsigned char* name = nullptr;
  unsigned bytes = 0;
  SSL_get0_alpn_selected(ssl, &name, &bytes);
  std::string_view agreed(reinterpret_cast<const char*>(name), bytes);
  if (agreed == kHttp2) return kHttp2;
  return agreed == kHttp1 ? kHttp1 : std::string_view{};
}

io::Timeout left_until(io::TimePoint deadline, io::Timeout timeout) {
  if (timeout.is_limited())
    timeout.after = std::max(deadline - io::Loop::current()->now(), io::Duration{1});
  return timeout;
}

}  // namespace

TlsStream::TlsStream(io::StreamPtr inner) : inner_(std::move(inner)) { inner_->set_scope(nullptr); }

TlsStream::~TlsStream() {
  close();
  SSL_free(ssl_);
}

io::Task<Result<void>> TlsStream::read_hello(io::Timeout timeout) {
  io::TimePoint deadline = io::Loop::current()->now() + timeout.after;
  for (;;) {
    char piece[kReadBytes];
    Result<size_t> got = inner_->try_read(piece);
    if (!got) {
      if (got.error().code != Code::would_block) co_return fail(got.error());
      Result<void> ready = co_await readable(left_until(deadline, timeout));
      if (!ready) co_return fail(ready.error());
      continue;
    }
    if (*got == 0) co_return wrong(Code::closed, Stage::handshake);
    early_.append(piece, *got);
    switch (read_client_hello(early_, hello_)) {
      case HelloState::complete:
        co_return Result<void>{};
      case HelloState::incomplete:
        if (early_.size() <= kMaxClientHelloBytes + kReadBytes) break;
        [[fallthrough]];
      case HelloState::malformed:
      case HelloState::too_large:
        co_return wrong(Code::tls_bad_hello, Stage::handshake);
    }
  }
}

void TlsStream::refuse_name() {
  iovec alert{const_cast<unsigned char*>(kUnrecognizedName), sizeof kUnrecognizedName};
  (void)inner_->try_write({&alert, 1});
}

bool TlsStream::begin(const ServerChoice& choice) {
  session_.context = choice.context;
  session_.server_name = hello_.server_name;
  return attach(
      choice.context->new_connection(*choice.certificates, hello_.server_name, choice.carries));
}

bool TlsStream::begin(ClientContextPtr context, const ClientWish& wish) {
  client_context_ = std::move(context);
  return attach(client_context_->new_connection(wish));
}

bool TlsStream::attach(ssl_st* connection) {
  ssl_ = connection;
  BIO* bio = ssl_ != nullptr ? InnerBio::make(*this) : nullptr;
  if (bio == nullptr) return false;
  SSL_set_bio(ssl_, bio, bio);
  SSL_set_msg_callback_arg(ssl_, this);
  SSL_set_msg_callback(
      ssl_, [](int is_sent, int, int type, const void* bytes, size_t size, SSL*, void* self) {
        bool is_key_update = is_sent == 0 && type == SSL3_RT_HANDSHAKE && size > 0 &&
                             *static_cast<const unsigned char*>(bytes) == kKeyUpdate;
        if (is_key_update) static_cast<TlsStream*>(self)->note_key_update();
      });
  return true;
}

io::Task<Result<void>> TlsStream::handshake(io::Timeout timeout) {
  io::TimePoint deadline = io::Loop::current()->now() + timeout.after;
  for (;;) {
    ERR_clear_error();
    int result = SSL_do_handshake(ssl_);
    Error error = result == 1 ? Error{Code::ok} : handshake_failure(result);
    Result<void> flushed = flush();
    if (!flushed) co_return fail(flushed.error());
    bool is_waiting = error.code == Code::would_block;
    if (error.code != Code::ok && !is_waiting) co_return fail(error);
    if (!pending_.empty()) {
      Result<void> ready = co_await writable(left_until(deadline, timeout));
      if (!ready) co_return fail(ready.error());
    }
    if (!is_waiting) break;
    Result<void> ready = co_await readable(left_until(deadline, timeout));
    if (!ready) co_return fail(ready.error());
  }
  Result<void> checked = check_peer();
  if (!checked) co_return fail(checked.error());
  finish_session();
  co_return Result<void>{};
}

Result<void> TlsStream::check_peer() {
  if (client_context_ != nullptr) {
    if (client_context_->accepts_names(ssl_)) return {};
    Error error = wrong(Code::tls_upstream_name, Stage::handshake).error();
    error.retry = Retry::always;
    return fail(error);
  }
  if (!keeps_its_name()) return wrong(Code::tls_protocol, Stage::handshake);
  return {};
}

// A second ClientHello (RFC 8446 §4.1.4) may not ask for another name than the one it was chosen
// for. Before TLS 1.3 there is none, and OpenSSL forgets the name of a resumed session.
bool TlsStream::keeps_its_name() const {
  if (SSL_version(ssl_) < TLS1_3_VERSION) return true;
  const char* name = SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name);
  return LookupName(name != nullptr ? name : "").text() == LookupName(session_.server_name).text();
}

void TlsStream::finish_session() {
  is_established_ = true;
  session_.client_certificates = peer_certificates_der(ssl_);
  session_.version = version_text(SSL_version(ssl_));
  const char* cipher = SSL_CIPHER_standard_name(SSL_get_current_cipher(ssl_));
  session_.cipher = cipher != nullptr ? cipher : "";
  session_.protocol = agreed_protocol(ssl_);
  session_.is_resumed = SSL_session_reused(ssl_) == 1;
  hello_ = {};
  // A client may have sent its first request together with the end of its handshake.
  has_buffered_ = SSL_has_pending(ssl_) == 1;
}

void TlsStream::note_key_update() {
  io::TimePoint now = io::Loop::current()->now();
  if (now - key_updates_since_ > io::Duration{1000}) {
    key_updates_since_ = now;
    key_updates_ = 0;
  }
  if (++key_updates_ > kKeyUpdatesPerSecond)
    inner_error_ = wrong(Code::tls_flood, Stage::body).error();
}

// What a call of OpenSSL that did not succeed means.
Error TlsStream::failure(int result) {
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return Error{Code::would_block};
    case SSL_ERROR_ZERO_RETURN:
      return Error{Code::ok};
    default:
      break;
  }
  has_failed_ = true;
  if (inner_error_.code != Code::ok) return inner_error_;
  // An end without close_notify may be an attacker's: what came before is not whole (RFC 8446
  // §6.1).
  Code code = has_read_end_ ? Code::reset : Code::tls_protocol;
  ERR_clear_error();
  return wrong(code, Stage::body).error();
}

Error TlsStream::handshake_failure(int result) {
  int reason = ERR_GET_REASON(ERR_peek_error());
  Error error = failure(result);
  if (error.code == Code::ok || (error.code == Code::reset && has_read_end_))
    error = wrong(Code::closed, Stage::handshake).error();
  if (error.code == Code::tls_protocol) {
    error.code = client_context_ == nullptr
                     ? handshake_code(reason)
                     : upstream_handshake_code(reason, SSL_get_verify_result(ssl_));
  }
  error.side = side();
  error.stage = Stage::handshake;
  // Nothing of a request has been sent to an upstream yet.
  if (client_context_ != nullptr && error.code != Code::would_block) error.retry = Retry::always;
  return error;
}

// Sends what OpenSSL has sealed; the rest stays in pending_ and goes when the inner stream takes
// it.
Result<void> TlsStream::flush() {
  std::string& sealed = InnerBio::sealed();
  bool is_direct = pending_.empty();
  if (!is_direct) pending_.append(sealed);
  std::string_view out = is_direct ? sealed : pending_;
  size_t sent = 0;
  Error error{Code::ok};
  while (sent < out.size()) {
    iovec part{const_cast<char*>(out.data()) + sent, out.size() - sent};
    Result<size_t> some = inner_->try_write({&part, 1});
    if (!some) {
      error = some.error();
      break;
    }
    sent += *some;
  }
  if (is_direct) {
    pending_.assign(out.substr(sent));
  } else {
    pending_.erase(0, sent);
  }
  if (pending_.empty()) pending_ = {};
  sealed.clear();
  if (error.code == Code::ok) return {};
  if (error.code == Code::would_block) {
    inner_->set_observer(this);
    inner_->observe_writable();
    return {};
  }
  pending_ = {};
  has_failed_ = true;
  inner_error_ = error;
  return fail(error);
}

Result<size_t> TlsStream::try_read(std::span<char> into) {
  if (is_closed_) return fail(Code::closed);
  if (has_failed_)
    return fail(inner_error_.code != Code::ok ? inner_error_
                                              : wrong(Code::reset, Stage::body).error());
  size_t size = 0;
  Error error{Code::ok};
  bool has_ended = false;
  while (size < into.size()) {
    ERR_clear_error();
    size_t got = 0;
    int result = SSL_read_ex(ssl_, into.data() + size, into.size() - size, &got);
    if (result != 1) {
      error = failure(result);
      has_ended = error.code == Code::ok;
      break;
    }
    size += got;
    if (SSL_has_pending(ssl_) != 1) break;
  }
  has_buffered_ = (error.code == Code::ok || size > 0) && !has_ended && SSL_has_pending(ssl_) == 1;
  if (error.code == Code::would_block) has_buffered_ = false;
  if (!InnerBio::sealed().empty()) (void)flush();
  if (size > 0 || has_ended) return size;
  return fail(error);
}

Result<size_t> TlsStream::try_write(std::span<const iovec> from) {
  if (is_closed_) return fail(Code::closed);
  if (inner_error_.code != Code::ok) return fail(inner_error_);
  if (!pending_.empty()) {
    Result<void> flushed = flush();
    if (!flushed) return fail(flushed.error());
    if (!pending_.empty()) return fail(Code::would_block);
  }
  if (is_empty(from)) return size_t{0};
  size_t taken = is_owing_byte_ ? 1 : 0;
  is_owing_byte_ = false;
  Pieces pieces(from, taken);
  while (taken < kWriteBytes) {
    std::string_view piece = pieces.next();
    if (piece.empty()) break;
    ERR_clear_error();
    size_t sealed = 0;
    int result = SSL_write_ex(ssl_, piece.data(), piece.size(), &sealed);
    if (result != 1) {
      Error error = failure(result);
      InnerBio::sealed().clear();
      return fail(error.code == Code::ok || error.code == Code::would_block ? Error{Code::closed}
                                                                            : error);
    }
    taken += sealed;
  }
  Result<void> flushed = flush();
  if (!flushed) return fail(flushed.error());
  if (pending_.empty()) return taken;
  // Whoever writes comes back for the last byte, and so learns when everything has left: a
  // connection is not taken for finished while bytes wait in here.
  is_owing_byte_ = true;
  return taken - 1;
}

int64_t TlsStream::unacknowledged() const {
  int64_t below = inner_->unacknowledged();
  return below < 0 ? below : below + static_cast<int64_t>(pending_.size());
}

void TlsStream::shutdown_write() {
  if (is_write_done_ || is_closed_) return;
  is_write_done_ = true;
  if (is_established_ && !has_failed_) {
    ERR_clear_error();
    SSL_shutdown(ssl_);
    (void)flush();
  }
  if (pending_.empty()) inner_->shutdown_write();
}

void TlsStream::close() {
  if (is_closed_) return;
  if (is_established_ && !has_failed_ && !is_write_done_) {
    ERR_clear_error();
    SSL_shutdown(ssl_);
    (void)flush();
  }
  is_closed_ = true;
  has_buffered_ = false;
  inner_->set_observer(nullptr);
  inner_->close();
  Error closed{Code::closed};
  if (reader_ != nullptr) reader_->wake(closed);
  if (writer_ != nullptr) writer_->wake(closed);
}

void TlsStream::abort() {
  is_established_ = false;  // no close_notify
  inner_->abort();
  close();
}

io::Stream::PeerState TlsStream::peer_state() const {
  if (is_closed_ || has_failed_) return PeerState::failed;
  if (is_established_ && (SSL_get_shutdown(ssl_) & SSL_RECEIVED_SHUTDOWN) != 0)
    return PeerState::finished;
  return inner_->peer_state();
}

void TlsStream::want_read() { inner_->set_observer(this); }

void TlsStream::want_write() {
  inner_->set_observer(this);
  inner_->observe_writable();
}

void TlsStream::on_unread(io::Stream&) {
  if (reader_ != nullptr) {
    reader_->wake();
    return;
  }
  if (observer_ == nullptr || !is_established_ || is_closed_) return;
  // Bytes on the wire need not be for the application: tickets and key updates are settled here.
  ERR_clear_error();
  char byte;
  size_t got = 0;
  int result = SSL_peek_ex(ssl_, &byte, 1, &got);
  bool is_nothing = result != 1 && failure(result).code == Code::would_block;
  has_buffered_ = result == 1;
  if (!InnerBio::sealed().empty()) (void)flush();
  if (is_nothing) {
    inner_->set_observer(this);
    return;
  }
  observer_->on_unread(*this);
}

void TlsStream::on_writable(io::Stream&) {
  if (is_closed_) return;
  if (!pending_.empty()) (void)flush();
  if (!pending_.empty()) return;  // flush() asked again
  if (is_write_done_) inner_->shutdown_write();
  if (writer_ != nullptr) {
    writer_->wake();
  } else if (observer_ != nullptr) {
    observer_->on_writable(*this);
  }
}

}  // namespace fairlead::tls
