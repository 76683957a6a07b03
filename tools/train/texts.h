// The data: one text a line, as JSON.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "domain/text.h"

namespace saiph::train {

struct Text {
  std::string id;
  std::string text;
  std::string kind;
  std::string source;
  Channel channel = Channel::kUser;
  bool attack = false;
};

/// Reads {"id","text","label":"attack"|"benign","kind","channel","source"} a line; only "text" is
/// required. Errors: kNotFound, kUnavailable, kMalformed with the number of the line.
Result<std::vector<Text>> read_texts(const std::string& path);

/// The same for one line, for texts that come by a pipe.
Result<Text> read_text(const std::string& line);

}  // namespace saiph::train
