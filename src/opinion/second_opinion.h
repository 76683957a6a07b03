// SecondOpinion: whoever is asked about a text that the first tier is not sure of.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace saiph::opinion {

class SecondOpinion {
 public:
  virtual ~SecondOpinion() = default;
  /// 0 (harmless) to 1 (an attack). May block its thread for as long as the settings allow. Errors:
  /// any, with a message that holds nothing of the text. Any thread, many at a time.
  virtual Result<double> ask(std::string_view text) const = 0;
  /// Names the model for reports.
  virtual const std::string& model() const = 0;
};

}  // namespace saiph::opinion
