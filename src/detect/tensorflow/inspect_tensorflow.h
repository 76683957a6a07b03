// What a TensorFlow graph does outside itself, and what it carries.
#pragma once

#include "detect/contract/inspection.h"

namespace saiph::detect {

/// SavedModel, MetaGraphDef, GraphDef and Keras metadata (chosen by inspection.types()): operators
/// that reach outside, custom operators, checkpoint paths, debug outputs, Lambda layers, assets,
/// carried payloads, odd encodings. Incomplete: malformed structure, limits.
/// Cost: O(structure). One thread at a time.
void inspect_tensorflow(Inspection& inspection);

/// The same for graphs in protobuf's text form (saved_model.pbtxt), which loaders take as well.
void inspect_tensorflow_text(Inspection& inspection);

/// A TFRecord file: that its chain of records holds. Incomplete where it breaks.
void inspect_records(Inspection& inspection);

/// The index of a checkpoint: that its data files stand beside it. Incomplete when they do not.
void inspect_checkpoint_index(Inspection& inspection);

/// A file of tensor bytes that another file describes (checkpoint shard, ONNX external data): marks
/// the bytes as data. Incomplete when nothing beside it describes it.
void inspect_tensor_data(Inspection& inspection);

/// fingerprint.pb of a SavedModel: hashes only; identification has checked all of it.
void inspect_fingerprint(Inspection& inspection);

}  // namespace saiph::detect
