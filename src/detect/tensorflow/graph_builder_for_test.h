// Builds TensorFlow graphs field by field for tests and fuzz seeds.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "codec/protobuf/wire_writer_for_test.h"

namespace saiph::detect::tf_for_test {

using codec::WireWriter;

inline WireWriter node(std::string_view op, std::string_view name = "n",
                       std::vector<std::string> inputs = {}) {
  WireWriter w;
  w.bytes(1, name).bytes(2, op);
  for (const auto& input : inputs) w.bytes(3, input);
  return w;
}

inline WireWriter attribute(std::string_view key, const WireWriter& value) {
  return WireWriter().bytes(1, key).message(2, value);
}

inline WireWriter with_string(WireWriter n, std::string_view key, std::string_view value) {
  return n.message(5, attribute(key, WireWriter().bytes(2, value)));
}

/// A Const of one string.
inline WireWriter constant(std::string_view name, std::string_view text) {
  return node("Const", name)
      .message(
          5, attribute("value", WireWriter().message(8, WireWriter().varint(1, 7).bytes(8, text))));
}

inline WireWriter function(std::string_view name, const std::vector<WireWriter>& nodes) {
  WireWriter w;
  w.message(1, WireWriter().bytes(1, name));
  for (const auto& n : nodes) w.message(3, n);
  return w;
}

inline WireWriter graph(const std::vector<WireWriter>& nodes,
                        const std::vector<WireWriter>& functions = {}) {
  WireWriter w;
  for (const auto& n : nodes) w.message(1, n);
  WireWriter library;
  for (const auto& f : functions) library.message(1, f);
  if (!functions.empty()) w.message(2, library);
  return w.message(4, WireWriter().varint(1, 1286));
}

inline WireWriter meta_graph(const WireWriter& g) {
  return WireWriter().message(1, WireWriter().bytes(4, "serve").bytes(5, "2.18.0")).message(2, g);
}

inline WireWriter saved_model(const WireWriter& meta) {
  return WireWriter().varint(1, 1).message(2, meta);
}

}  // namespace saiph::detect::tf_for_test
