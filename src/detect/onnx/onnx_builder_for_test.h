// Builds ONNX models field by field for tests and fuzz seeds.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "codec/protobuf/wire_writer_for_test.h"

namespace saiph::detect::onnx_for_test {

using codec::WireWriter;

inline WireWriter node(std::string_view type, std::vector<std::string> inputs = {"x"},
                       std::vector<std::string> outputs = {"y"}, std::string_view domain = "") {
  WireWriter w;
  for (const auto& input : inputs) w.bytes(1, input);
  for (const auto& output : outputs) w.bytes(2, output);
  w.bytes(3, "node_" + std::string(type)).bytes(4, type);
  if (!domain.empty()) w.bytes(7, domain);
  return w;
}

inline WireWriter entry(std::string_view key, std::string_view value) {
  return WireWriter().bytes(1, key).bytes(2, value);
}

inline WireWriter tensor(std::string_view name, std::vector<std::uint64_t> dims, int type) {
  WireWriter w;
  WireWriter packed;
  for (const auto dim : dims) packed.number(dim);
  w.bytes(1, packed.str()).varint(2, static_cast<std::uint64_t>(type)).bytes(8, name);
  return w;
}

inline WireWriter external(std::string_view location, std::string_view offset = "",
                           std::string_view length = "") {
  WireWriter w = tensor("w", {4}, 1);
  w.message(13, entry("location", location));
  if (!offset.empty()) w.message(13, entry("offset", offset));
  if (!length.empty()) w.message(13, entry("length", length));
  return w.varint(14, 1);
}

inline WireWriter named(std::string_view name) {
  return WireWriter().bytes(1, name);
}

/// A graph of one Relu from x to y, to which a test adds.
inline WireWriter graph() {
  return WireWriter()
      .message(1, node("Relu"))
      .bytes(2, "main")
      .message(11, named("x"))
      .message(12, named("y"));
}

inline WireWriter model(const WireWriter& body) {
  return WireWriter().varint(1, 9).bytes(2, "test").message(7, body).message(
      8, WireWriter().bytes(1, "").varint(2, 17));
}

}  // namespace saiph::detect::onnx_for_test
