/** Every bound of the service by name and unit. What reaching one leads to stands beside it. */
const KIB = 1024;
const MIB = 1024 * KIB;
const DAY = 24 * 3_600_000;

export const LIMITS = {
  /** One event as JSON. Beyond: 413 `event_too_large`. iOS drops a socket at messages over 1 MiB. */
  eventBytes: 64 * KIB,
  /** One append request. Beyond: 413 `request_too_large`. */
  requestBytes: 256 * KIB,
  /** Events of one append request. Beyond: 413 `too_many_events`. */
  requestEvents: 1_000,
  /** Events and bytes of one task. Beyond: 409 `task_full`; its end still fits. */
  taskEvents: 1_000_000,
  taskBytes: 256 * MIB,
  /** The judging state that travels in the log. Beyond: 409 `too_many_open`. */
  stateBytes: 20 * KIB,
  /** A batch carries the state at the latest so many batches after the last that did. */
  stateEveryBatches: 64,
  /** Open steps, messages, reasonings, tool calls and input requests of one task, together. Beyond: 409 `too_many_open`. */
  openScopes: 64,
  /** Retry identities remembered per task; the oldest is forgotten. */
  idempotencyKeys: 64,
  producers: 64,
  /** Commands remembered per task; the oldest is forgotten. */
  commandsRemembered: 32,
  /** A worker that does not answer a cancel within this is cut off from its task. */
  cancelMs: 30_000,
  /** A task without a lease of which nothing was heard for so long has failed. */
  taskIdleMs: DAY,
  /** Attempts of a queued task, and how long a worker may be silent, where its creator does not say. */
  workAttempts: 3,
  leaseMs: 30_000,
  /** Tasks that wait in the queue of one kind. Beyond: 429 `queue_full`. */
  queueLength: 10_000,
  /** Tasks given out by one request for work. */
  leasesAtOnce: 64,
  /** A waiting task is told its place in the queue anew so often, where that has changed; so many at the front of each kind are. */
  queuePositionMs: 10_000,
  queuePositions: 100,
  /** An instance that leads and is not heard of for so long is replaced. */
  leaderMs: 6_000,
  /** The sweeper looks for what is due so often; through the whole index, and into the queues, more seldom. */
  sweepTickMs: 1_000,
  sweepMs: 60_000,
  sweepInFlight: 64,
  /** An entry of the index whose task was not created within this goes. */
  intentMs: 60_000,
  /** The events of a task are kept so long after its end; in a conversation longer. Its last word goes later still, with its entry in the list. */
  retentionMs: 7 * DAY,
  conversationRetentionMs: 90 * DAY,
  tombstoneMs: 90 * DAY,
  /** How long an append is held while the store is away or its outcome is unknown. Then 503. */
  appendWaitMs: 5_000,
  /** Back-off between attempts of one append that meets conflicts or an absent store. */
  appendBackoffMinMs: 2,
  appendBackoffMaxMs: 100,
  /** An appender without requests for so long is let go. */
  appenderIdleMs: 60_000,
  /** A task's entry in the index is written at most so often while only its percent and times change. */
  indexWriteMs: 1_000,
  /** The same where only its time and place in the log have changed: own lists show these at once, other instances' by then. */
  indexQuietMs: 5_000,
  /** Users whose lists of tasks a process keeps at hand; the longest unasked go first. */
  indexUsers: 1_000,
  /** Requests that wait for one task's appender. Beyond: 429 `append_busy`. */
  appendQueueBytes: 8 * MIB,

  /** All rings of a process together; the oldest batches go first, the floor rises. */
  ringBytes: 64 * MIB,
  /** One immutable stretch of history, read once and shared. */
  segmentBytes: 256 * KIB,
  /** One read of the store, cut into segments: each costs a round trip. */
  readBytes: 1 * MIB,
  /** All segments of a process together; the least recently used go first. */
  segmentCacheBytes: 64 * MIB,
  /** Reads of the store under way at once for history. */
  segmentReads: 8,
  /** A `stream.replayed` frame. */
  replayedBytes: 64 * KIB,
  /** A `task.snapshot`; longer texts are cut and say so. */
  snapshotBytes: 256 * KIB,
  /** Live batches that wait while a hole is repaired. Beyond: dropped, and repaired from the log. */
  holdBytes: MIB,
  /** Every watched task's head is compared with the store's so often, spread out. */
  verifyMs: 15_000,
  verifyInFlight: 64,
  /** A feed without watchers is let go after this. */
  feedIdleMs: 10_000,
  /** A flush yields to timers and sockets after this. */
  flushSliceMs: 5,

  /** Bytes waiting on one wire at which it counts as full. */
  wireFullBytes: 256 * KIB,
  /** A heartbeat on every connection so often. */
  heartbeatMs: 15_000,
  /** A WebSocket peer from which nothing came for so many heartbeats is dead. In tenths. */
  silentHeartbeatTenths: 25,
  /** A connection that has not authenticated by then is closed with `auth_timeout`. */
  authDeadlineMs: 10_000,
  /** `stream.token_expiring` is sent so long before a token's end. */
  tokenWarningMs: 60_000,
  /** Tolerated difference of clocks when a token is judged. */
  tokenLeewayMs: 30_000,
  /** A ticket must be used for the first time within this. Beyond: 401 `ticket_invalid`. */
  ticketUseMs: 30_000,
  /** How long a grant holds where nothing is said, and at most. */
  grantMs: 30 * DAY,
  grantMostMs: 365 * DAY,
  /** Grants of one user. Beyond: 429 `rate_limited`. */
  grantsPerUser: 1_000,
  /** A grant that was revoked lets nobody in any more, and ends what was opened with it, within this. */
  accessCheckMs: 2_000,
  /** One frame from a client. Beyond: closed with `frame_too_large`. */
  frameBytes: 300 * KIB,
  /** Tasks watched on one connection. Beyond: `too_many_subscriptions`. */
  subscriptions: 256,
  /** Connections of one process. Beyond: 503 `too_many_connections`. */
  connections: 50_000,
  /** Connections of one user, and from one address, to one process. Beyond: 429 `rate_limited`, on a WebSocket 4429. Behind a proxy all have its address. */
  userConnections: 50_000,
  addressConnections: 50_000,
  /** Frames that one WebSocket is read of, a second; after a rest as many at once, as with the following. Beyond: `stream.error` `rate_limited`, the frame is not acted upon. */
  connectionFramesPerSecond: 10_000,
  /** Requests to one process, a second. Beyond: 429 `rate_limited`. */
  userAppendsPerSecond: 100_000,
  taskAppendsPerSecond: 100_000,
  userCommandsPerSecond: 1_000,
  /** Users and tasks of which is remembered how much they have asked for; the longest unheard go first. */
  ratedKeys: 10_000,
  /** Tasks of one user that have not ended. Beyond: 429 `too_many_tasks`. Counted in the list of tasks, so that some more may slip through. */
  userOpenTasks: 50_000,
  /** How long a stopping service takes to send its watchers away, spread over this time. */
  drainMs: 5_000,
  /** What a client is told to wait before it reconnects. */
  reconnectMs: 500,

  /** Events of one JSON page. */
  pageEvents: 1_000,
  pageEventsDefault: 100,
  /** Tasks of one page of a list. */
  pageTasks: 200,
  pageTasksDefault: 50,
  /** Tasks of a conversation that one page of its messages is read from. */
  conversationTasks: 20,
  /** A message of a conversation; a longer one is cut and says so. UTF-16 units. */
  messageLength: 64 * KIB,
  /** The longest `wait` of a long-poll. Seconds. */
  longPollSeconds: 30,

  /** Dialects: connections of one process that wait for a task which does not exist yet. Beyond: refused as unknown. */
  dialectWaits: 1_000,
  /** Agent progress: a heartbeat so often; waiting for a task that does not exist yet; without progress for so long it is closed. */
  agentProgressHeartbeatMs: 15_000,
  agentProgressWaitMs: 60_000,
  agentProgressIdleMs: 60_000,
  /** Research plans: a ping so often; clients of one process, beyond which the handshake is refused. */
  researchPlansPingMs: 30_000,
  researchPlansClients: 1_000,
  /** Chat: how long the REST twin waits for the whole response. Beyond: 504. */
  chatResponseMs: 120_000,
} as const;

/** The same names with other numbers, for settings and tests. */
export type LimitSet = { readonly [Name in keyof typeof LIMITS]: number };
