// FlatWriter: lays out FlatBuffers files front to back for tests and fuzz seeds.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace saiph::codec {

/// A value in the tree that a test writes: children are laid out behind their parent.
struct FlatNode {
  enum class Kind : std::uint8_t { kAbsent, kScalar, kTable, kText, kScalars, kTables };
  Kind kind = Kind::kAbsent;
  std::uint64_t value = 0;
  unsigned width = 4;
  std::string text{};
  std::vector<FlatNode> children{};  // fields of a table or elements of a vector

  static FlatNode scalar(std::uint64_t value, unsigned width) {
    return {Kind::kScalar, value, width};
  }
  static FlatNode table(std::vector<FlatNode> fields) {
    return {Kind::kTable, 0, 4, {}, std::move(fields)};
  }
  static FlatNode string(std::string_view text) { return {Kind::kText, 0, 4, std::string(text)}; }
  static FlatNode tables(std::vector<FlatNode> elements) {
    return {Kind::kTables, 0, 4, {}, std::move(elements)};
  }
  static FlatNode scalars(std::vector<std::uint64_t> values, unsigned width) {
    FlatNode out{Kind::kScalars, 0, width};
    for (const auto value : values) out.children.push_back(scalar(value, width));
    return out;
  }
};

class FlatWriter {
 public:
  /// A file with this root table and identifier.
  static Bytes build(const FlatNode& root, std::string_view identifier) {
    FlatWriter writer;
    writer.put(0, 4);
    for (const char c : identifier) writer.out_.push_back(static_cast<std::uint8_t>(c));
    const std::size_t at = writer.write(root);
    writer.patch(0, at, 4);
    return std::move(writer.out_);
  }

 private:
  void put(std::uint64_t value, unsigned width) {
    for (unsigned i = 0; i < width; ++i)
      out_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  }
  void patch(std::size_t at, std::uint64_t value, unsigned width) {
    for (unsigned i = 0; i < width; ++i) out_[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
  }
  std::size_t write(const FlatNode& node) {
    using Kind = FlatNode::Kind;
    if (node.kind == Kind::kTable) return write_table(node);
    const std::size_t start = out_.size();
    if (node.kind == Kind::kText) {
      put(node.text.size(), 4);
      for (const char c : node.text) out_.push_back(static_cast<std::uint8_t>(c));
      out_.push_back(0);
      return start;
    }
    put(node.children.size(), 4);
    if (node.kind == Kind::kScalars) {
      for (const auto& child : node.children) put(child.value, node.width);
      return start;
    }
    const std::size_t slots = out_.size();
    for (std::size_t i = 0; i < node.children.size(); ++i) put(0, 4);
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      const std::size_t at = write(node.children[i]);
      patch(slots + i * 4, at - (slots + i * 4), 4);
    }
    return start;
  }
  std::size_t write_table(const FlatNode& node) {
    const std::size_t vtable = out_.size();
    std::size_t size = 4;
    std::vector<std::size_t> places;
    for (const auto& field : node.children) {
      const bool absent = field.kind == FlatNode::Kind::kAbsent;
      places.push_back(absent ? 0 : size);
      if (!absent) size += field.kind == FlatNode::Kind::kScalar ? field.width : 4;
    }
    put(4 + node.children.size() * 2, 2);
    put(size, 2);
    for (const std::size_t place : places) put(place, 2);
    const std::size_t table = out_.size();
    put(table - vtable, 4);
    for (const auto& field : node.children) {
      if (field.kind == FlatNode::Kind::kAbsent) continue;
      put(field.kind == FlatNode::Kind::kScalar ? field.value : 0,
          field.kind == FlatNode::Kind::kScalar ? field.width : 4);
    }
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      const auto& field = node.children[i];
      if (field.kind == FlatNode::Kind::kAbsent || field.kind == FlatNode::Kind::kScalar) continue;
      const std::size_t at = write(field);
      patch(table + places[i], at - (table + places[i]), 4);
    }
    return table;
  }

  Bytes out_;
};

}  // namespace saiph::codec
