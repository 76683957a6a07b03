#include "match/canonical/canonical_form.h"

#include <utility>

#include "match/canonical/cleaner.h"
#include "match/canonical/folder.h"

namespace saiph::match {

std::string canonical_form(std::string_view text) {
  Cleaner cleaner;
  cleaner.feed(text);
  cleaner.finish();
  Folder folder;
  folder.feed(cleaner.text());
  folder.finish();
  return std::move(folder.text());
}

}  // namespace saiph::match
