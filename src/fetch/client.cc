#include "fetch/client.h"

#include <utility>

#include "fetch/multi.h"
#include "fetch/transfer.h"

namespace fairlead::fetch {

namespace {

// In the set of transfers for as long as it lives.
class Registration {
 public:
  Registration(Multi& multi, Transfer& transfer) : multi_(multi), transfer_(&transfer) {
    multi.add(transfer);
  }
  ~Registration() {
    if (transfer_ != nullptr) multi_.remove(*transfer_);
  }
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;
  void release() { transfer_ = nullptr; }

 private:
  Multi& multi_;
  Transfer* transfer_;
};

constexpr size_t kReadAgainBytes = 512u << 10;

std::string_view words_of(Error error) { return words(error.code); }

}  // namespace

Client::Client() : multi_(std::make_unique<Multi>()) {}
Client::~Client() = default;

io::Task<Outcome<Response>> Client::send(Request request, io::Scope& scope) {
  Transfer transfer(std::move(request), Transfer::Mode::whole);
  Registration registration(*multi_, transfer);
  while (!transfer.is_done) {
    io::Wait progress(&transfer.waiter, &scope, io::kNoTimeout);
    auto woken = co_await progress;
    if (!woken) co_return std::unexpected(transfer.failure(woken.error(), words_of(woken.error())));
  }
  if (transfer.result != CURLE_OK) co_return std::unexpected(transfer.failure());
  co_return std::move(transfer.response);
}

io::Task<Outcome<std::unique_ptr<Transfer>>> Client::open(std::unique_ptr<Transfer> transfer,
                                                          io::Scope& scope) {
  Registration registration(*multi_, *transfer);
  io::Timeout limit{transfer->request.total_timeout, Code::upstream_head_timeout, Side::upstream};
  while (!transfer->has_head && !transfer->is_done) {
    io::Wait progress(&transfer->waiter, &scope, limit);
    auto woken = co_await progress;
    if (!woken) {
      co_return std::unexpected(transfer->failure(woken.error(), words_of(woken.error())));
    }
  }
  if (!transfer->has_head) co_return std::unexpected(transfer->failure());
  registration.release();
  co_return transfer;
}

io::Task<Outcome<std::unique_ptr<LineStream>>> Client::open_lines(Request request,
                                                                  io::Scope& scope) {
  auto transfer = std::make_unique<Transfer>(std::move(request), Transfer::Mode::lines);
  auto opened = co_await open(std::move(transfer), scope);
  if (!opened) co_return std::unexpected(std::move(opened.error()));
  co_return std::make_unique<LineStream>(*multi_, std::move(*opened));
}

io::Task<Outcome<std::unique_ptr<ByteStream>>> Client::open_bytes(Request request,
                                                                  io::Scope& scope) {
  auto transfer = std::make_unique<Transfer>(std::move(request), Transfer::Mode::bytes);
  auto opened = co_await open(std::move(transfer), scope);
  if (!opened) co_return std::unexpected(std::move(opened.error()));
  co_return std::make_unique<ByteStream>(*multi_, std::move(*opened));
}

LineStream::LineStream(Multi& multi, std::unique_ptr<Transfer> transfer)
    : multi_(multi), transfer_(std::move(transfer)) {}

LineStream::~LineStream() { multi_.remove(*transfer_); }

int LineStream::status() const { return transfer_->response.status; }

std::string_view LineStream::header(std::string_view name) const {
  return transfer_->response.header(name);
}

std::optional<std::string> LineStream::try_line() {
  auto line = transfer_->lines.take_line();
  if (transfer_->is_paused && transfer_->lines.bytes() < kReadAgainBytes) {
    multi_.resume(*transfer_);
  }
  return line;
}

io::Task<Outcome<std::optional<std::string>>> LineStream::next_line(io::Timeout timeout,
                                                                    io::Scope& scope) {
  while (true) {
    auto line = try_line();
    if (line) co_return line;
    if (transfer_->is_done) break;
    io::Wait progress(&transfer_->waiter, &scope, timeout);
    auto woken = co_await progress;
    if (!woken) {
      co_return std::unexpected(transfer_->failure(woken.error(), words_of(woken.error())));
    }
  }
  if (transfer_->result != CURLE_OK) co_return std::unexpected(transfer_->failure());
  co_return transfer_->lines.take_rest();
}

ByteStream::ByteStream(Multi& multi, std::unique_ptr<Transfer> transfer)
    : multi_(multi), transfer_(std::move(transfer)) {}

ByteStream::~ByteStream() { multi_.remove(*transfer_); }

int ByteStream::status() const { return transfer_->response.status; }

std::string_view ByteStream::header(std::string_view name) const {
  return transfer_->response.header(name);
}

io::Task<Outcome<std::optional<std::string>>> ByteStream::next_bytes(io::Timeout timeout,
                                                                     io::Scope& scope) {
  while (transfer_->unread.empty() && !transfer_->is_done) {
    io::Wait progress(&transfer_->waiter, &scope, timeout);
    auto woken = co_await progress;
    if (!woken) {
      co_return std::unexpected(transfer_->failure(woken.error(), words_of(woken.error())));
    }
  }
  if (!transfer_->unread.empty()) {
    std::string bytes = std::exchange(transfer_->unread, {});
    if (transfer_->is_paused) multi_.resume(*transfer_);
    co_return std::optional<std::string>(std::move(bytes));
  }
  if (transfer_->result != CURLE_OK) co_return std::unexpected(transfer_->failure());
  co_return std::optional<std::string>();
}

}  // namespace fairlead::fetch
