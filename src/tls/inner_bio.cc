#include "tls/inner_bio.h"

#include <algorithm>
#include <cstring>

#include "tls/tls_stream.h"

namespace fairlead::tls {

std::string& InnerBio::sealed() {
  thread_local std::string bytes;
  return bytes;
}

int InnerBio::read(BIO* bio, char* into, int bytes) {
  auto& stream = *static_cast<TlsStream*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (!stream.early_.empty()) {
    size_t count = std::min(static_cast<size_t>(bytes), stream.early_.size());
    std::memcpy(into, stream.early_.data(), count);
    stream.early_.erase(0, count);
    if (stream.early_.empty()) stream.early_ = {};
    return static_cast<int>(count);
  }
  if (stream.inner_error_.code != Code::ok) return -1;
  Result<size_t> got = stream.inner_->try_read({into, static_cast<size_t>(bytes)});
  if (got) {
    stream.has_read_end_ = *got == 0;
    return static_cast<int>(*got);
  }
  if (got.error().code == Code::would_block) {
    BIO_set_retry_read(bio);
  } else {
    stream.inner_error_ = got.error();
  }
  return -1;
}

int InnerBio::write(BIO*, const char* from, int bytes) {
  sealed().append(from, static_cast<size_t>(bytes));
  return bytes;
}

long InnerBio::control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF)
    return static_cast<TlsStream*>(BIO_get_data(bio))->has_read_end_ ? 1 : 0;
  return 0;
}

const BIO_METHOD* InnerBio::methods() {
  static const BIO_METHOD* made = [] {
    BIO_METHOD* fresh = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
    BIO_meth_set_read(fresh, &InnerBio::read);
    BIO_meth_set_write(fresh, &InnerBio::write);
    BIO_meth_set_ctrl(fresh, &InnerBio::control);
    return fresh;
  }();
  return made;
}

BIO* InnerBio::make(TlsStream& stream) {
  BIO* bio = BIO_new(methods());
  if (bio == nullptr) return nullptr;
  BIO_set_data(bio, &stream);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace fairlead::tls
