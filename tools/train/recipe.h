// Recipe: which examples each head learns from, and how its windows and scores are set.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "learner.h"
#include "match/classifier/model.h"
#include "texts.h"

namespace saiph::train {

struct RecipeOptions {
  LearnerOptions learner;
  std::uint32_t seed = 1;
  int own_texts = 6000;  ///< attacks from the grammar for each head, and as many benign ones
  std::string trained_on;
  std::string expires_on;
};

/// What a text was scored by a model that had not seen it.
struct HeldOutScore {
  std::size_t text = 0;  ///< index in the texts
  int fold = 0;
  double score = 0;
  double logit = 0;
};

struct Fold {
  std::string name;
  match::ClassifierModel model;
};

struct FoldResult {
  std::vector<Fold> folds;
  std::vector<HeldOutScore> scores;
};

/// The texts with their derived documents (bodies of texts that ask about a document), which have
/// the kind "derived" and the id of their origin.
std::vector<Text> with_derived_documents(std::vector<Text> texts);

/// Leave one source out: a fold for each source of at least 100 attacks and one for the rest. A
/// fold's model has seen neither any text of its sources (nor what they suggested to the grammar)
/// nor a seventh of the benign texts of sources without attacks. Its windows and scores are set by
/// benign texts of the other folds, as their own models see them. Errors: the grammar's.
Result<FoldResult> train_folds(const std::vector<Text>& texts, const std::string& grammar,
                               const RecipeOptions& options);

/// The model of all texts, its windows and scores set by held-out benign texts of all folds.
Result<match::ClassifierModel> train_all(const std::vector<Text>& texts, const std::string& grammar,
                                         const RecipeOptions& options);

}  // namespace saiph::train
