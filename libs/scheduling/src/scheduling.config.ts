/** How the planner's hands plan. Each figure with its unit in its name. */
export const SCHEDULING = {
  /** After a reservation that no longer fitted, the same round plans afresh so often at most. */
  FRESH_PLANS_MAX: 3,
  /** A quote is citable for so long. */
  QUOTE_SECONDS: 900,
  /** A forecast is written anew where a time in it moved by more than this. */
  FORECAST_DRIFT_SECONDS: 60,
  /** A checkpoint is written, and read back, at this rate unless measured otherwise. */
  CHECKPOINT_GIB_PER_SECOND: 1,
  /** Between centers. */
  LINK_GIB_PER_SECOND: 0.1,
  /** To stage a checkpoint at another center, whatever its size. */
  TRANSFER_SECONDS_MIN: 2,
  /** To start the program again. */
  RESTART_SECONDS_MIN: 1,
  /** Plan cycles are kept so long. */
  CYCLE_DAYS: 7,
  DEVICE_KINDS_MAX: 10_000,
} as const;
