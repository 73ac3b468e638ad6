/// The proof by `seq`, one per followed task: nothing missing, nothing twice.
struct Proof: Hashable, Sendable {
  /// What an arriving range of events is, measured against what was already handed over.
  enum Judgement { case next, duplicate, hole }

  /// The last one handed to the consumer; nil: the next event may have any `seq` (a resume by a cursor that somebody kept,
  /// `replay: none`, or what follows a gap).
  private(set) var lastSeq: Int?
  /// Where to go on from; nil: from the beginning.
  var cursor: String?

  /// With no cursor every event is expected from the first on; otherwise the first to come sets the count.
  init(after: String?, replay: TaskReplay) {
    lastSeq = after == nil && replay != .none ? 0 : nil
    cursor = after
  }

  /// Judges events `firstSeq...seq`. A range that overlaps what was handed over cannot be split and counts as a hole.
  func judge(_ firstSeq: Int, _ seq: Int) -> Judgement {
    guard let lastSeq, firstSeq != lastSeq + 1 else { return .next }
    return seq <= lastSeq ? .duplicate : .hole
  }

  /// `seq` was handed over. A frame without a cursor leaves the old one: repeating is found, leaving out would not be.
  mutating func advance(_ seq: Int, _ cursor: String?) {
    lastSeq = seq
    if let cursor { self.cursor = cursor }
  }

  /// A gap was told: the count starts anew, at the snapshot if one follows.
  mutating func restart() { lastSeq = nil }
}
