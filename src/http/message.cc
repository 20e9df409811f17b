#include "http/message.h"

#include <algorithm>
#include <cstring>

namespace fairlead::http {
namespace {

// Why: a browser sends about 15 fields and a proxy adds a handful; more than this grows once.
constexpr size_t kFirstFields = 24;

bool matches(const Field& field, FieldId id, std::string_view name) {
  if (field.id != id) return false;
  return id != FieldId::other || equals_ignore_case(field.name, name);
}

}  // namespace

const Field* HeaderMap::find(FieldId id) const {
  for (const Field& field : fields()) {
    if (field.id == id) return &field;
  }
  return nullptr;
}

const Field* HeaderMap::find(std::string_view name) const {
  FieldId id = field_id(name);
  for (const Field& field : fields()) {
    if (matches(field, id, name)) return &field;
  }
  return nullptr;
}

std::string_view HeaderMap::get(FieldId id) const {
  const Field* field = find(id);
  return field != nullptr ? field->value : std::string_view();
}

std::string_view HeaderMap::get(std::string_view name) const {
  const Field* field = find(name);
  return field != nullptr ? field->value : std::string_view();
}

size_t HeaderMap::count(FieldId id) const {
  return static_cast<size_t>(
      std::ranges::count_if(fields(), [&](const Field& field) { return field.id == id; }));
}

void HeaderMap::reserve(size_t fields) {
  if (fields <= capacity_) return;
  auto* grown = static_cast<Field*>(arena_->take(fields * sizeof(Field), alignof(Field)));
  std::uninitialized_copy_n(fields_, count_, grown);
  fields_ = grown;
  capacity_ = static_cast<uint32_t>(fields);
}

void HeaderMap::add(Field field) {
  if (count_ == capacity_) [[unlikely]]
    reserve(capacity_ == 0 ? kFirstFields : capacity_ * 2);
  ::new (fields_ + count_) Field(field);
  ++count_;
}

void HeaderMap::add(FieldId id, std::string_view value) { add(Field{field_name(id), value, id}); }

void HeaderMap::add(std::string_view name, std::string_view value) {
  add(Field{name, value, field_id(name)});
}

void HeaderMap::set(FieldId id, std::string_view value) { set(field_name(id), value); }

void HeaderMap::set(std::string_view name, std::string_view value) {
  FieldId id = field_id(name);
  bool is_set = false;
  remove_if([&](Field& field) {
    if (!matches(field, id, name)) return false;
    if (is_set) return true;
    field = Field{name, value, id};
    is_set = true;
    return false;
  });
  if (!is_set) add(Field{name, value, id});
}

size_t HeaderMap::remove(FieldId id) {
  return remove_if([&](const Field& field) { return field.id == id; });
}

size_t HeaderMap::remove(std::string_view name) {
  FieldId id = field_id(name);
  return remove_if([&](const Field& field) { return matches(field, id, name); });
}

Method method_of(std::string_view text) {
  switch (text.size()) {
    case 3:
      if (text == "GET") return Method::get;
      if (text == "PUT") return Method::put;
      break;
    case 4:
      if (text == "POST") return Method::post;
      if (text == "HEAD") return Method::head;
      break;
    case 5:
      if (text == "PATCH") return Method::patch;
      if (text == "TRACE") return Method::trace;
      break;
    case 6:
      if (text == "DELETE") return Method::delete_;
      break;
    case 7:
      if (text == "OPTIONS") return Method::options;
      if (text == "CONNECT") return Method::connect;
      break;
    default:
      break;
  }
  return Method::other;
}

bool is_idempotent(Method method) {
  switch (method) {
    case Method::get:
    case Method::head:
    case Method::put:
    case Method::delete_:
    case Method::options:
    case Method::trace:
      return true;
    default:
      return false;
  }
}

std::string_view version_text(Version version) {
  switch (version) {
    case Version::http10:
      return "HTTP/1.0";
    case Version::http11:
      return "HTTP/1.1";
    case Version::http2:
      return "HTTP/2.0";
    case Version::http3:
      return "HTTP/3.0";
  }
  return "";
}

}  // namespace fairlead::http
