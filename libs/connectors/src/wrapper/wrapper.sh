#!/bin/bash
# Runs one attempt of a segment and writes down how it went. One wrapper for every scheduler.
#
#   wrapper.sh <attempt folder>
#
# The attempt folder holds what the broker wrote (settings, env, script.sh, checkpoints.sh and, once asked, cancel);
# its folder run/ is this wrapper's: fence/, pid, started, alive, log/, progress.jsonl, output/ and, last, exit.json.
# Needs bash 4.2, coreutils, findutils, grep, util-linux (setsid, flock) and /proc. It asks the broker nothing.

# A signal that comes before its trap would kill the wrapper and leave the job an orphan: so traps come first.
asked=''
told_to_stop=''
trap 'asked+=" USR1"' USR1
trap 'asked+=" USR2"' USR2
trap 'told_to_stop=1' TERM INT HUP
trap 'asked+=" CONT"' CONT

# Of a second copy, which found the fence taken.
readonly DUPLICATE_EXIT=86
readonly BROKEN_EXIT=87
export LC_ALL=C

attempt=$1
run=$attempt/run
guarded=${2:-}

declare -A settings=()
while IFS='=' read -r key value; do settings[$key]=$value; done < "$attempt/settings" || exit $BROKEN_EXIT
token=${settings[token]}
checkpoints=${settings[checkpoint_dir]}
grace=${settings[grace_seconds]}
lead=${settings[lead_seconds]}
cd "$run" || exit $BROKEN_EXIT

# Sets $now. No fork, and bash before 5 has no EPOCHSECONDS.
read_clock() { printf -v now '%(%s)T' -1; }

# Written aside and renamed: a reader sees all of it or nothing.
write_file() {
  printf '%s\n' "$2" > "$1.aside" && sync "$1.aside" && mv -T "$1.aside" "$1"
}

# Sets $fields: what /proc/<pid>/stat has from the state on (the name before it may hold anything).
read_stat() {
  local line=''
  { IFS= read -r -d '' line < "/proc/$1/stat"; } 2> /dev/null
  fields=(${line##*) })
  [[ ${#fields[@]} -gt 19 ]]
}

# A sleep without a fork: nothing is ever written to this pipe.
open_ticker() {
  local pipe=ticker.$$
  mkfifo "$pipe" && exec 9<> "$pipe"
  rm -f "$pipe"
}
rest() { read -r -t "$1" -u 9; }

# Sets $pids: the living processes of the job. They are in its session, or bear its mark in their environment
# (they left the session), or hold its output (they left both).
job_pids() {
  local path pid
  local -A found=()
  while IFS= read -r path; do
    path=${path#/proc/}
    found[${path%%/*}]=1
  done < <(
    grep -lsE -- "\) [A-Za-z] [0-9]+ [0-9]+ $job " /proc/[0-9]*/stat
    grep -lszxF -- "YUSUAN_ATTEMPT=$token" /proc/[0-9]*/environ
    find /proc/[0-9]*/fd -maxdepth 1 -lname "$run/output.pipe" 2> /dev/null
  )
  pids=()
  for pid in "${!found[@]}"; do
    read_stat "$pid" && [[ ${fields[0]} != [ZX] ]] || continue
    # Who writes the log holds the output's other end.
    [[ $pid == "$logger" || ${fields[1]} == "$logger" ]] || pids+=("$pid")
  done
}

signal_job() {
  job_pids
  if ((${#pids[@]})); then kill "-$1" "${pids[@]}" 2> /dev/null; fi
}

# Until none is left. A process in uninterruptible sleep still holds the node, so there is no end without it.
kill_job() {
  local tries=0
  # The script's own group at once; the search for the others takes its time.
  kill -KILL -- "-$job" 2> /dev/null
  while true; do
    job_pids
    ((${#pids[@]})) || return 0
    kill -KILL "${pids[@]}" 2> /dev/null
    ((++tries < 40)) && rest 0.05 || rest 1
  done
}

# Hands a signal to those processes of the job that catch it, for it would kill the others: the shell that runs the
# script, a `tee`. False while there is none.
hand_over() {
  local pid key mask number handed=1
  number=$(kill -l "$1") || return 0
  job_pids
  for pid in "${pids[@]}"; do
    while read -r key mask; do
      [[ $key == SigCgt: ]] || continue
      if (((16#$mask >> (number - 1)) & 1)); then kill "-$1" "$pid" 2> /dev/null && handed=0; fi
    done 2> /dev/null < "/proc/$pid/status"
  done
  return $handed
}

# Beside the wrapper, in a session of its own: ends the job where the wrapper was killed, or is stuck past the end.
guard() {
  local wrapper=$1 kill_at=$4
  job=$2
  logger=$3
  trap '' USR1 USR2 INT HUP CONT
  trap - TERM
  open_ticker
  while true; do
    read_clock
    read_stat "$$"
    [[ ${fields[1]} == "$wrapper" ]] && ((now < kill_at)) || break
    rest 1
  done
  kill_job
  exit 0
}
if [[ $guarded == --guard ]]; then guard "$3" "$4" "$5" "$6"; fi

# The fence: of two copies of this wrapper one runs.
if ! mkdir fence 2> /dev/null; then
  [[ -d fence ]] && exit $DUPLICATE_EXIT
  exit $BROKEN_EXIT
fi

# Held as long as this process lives, for an observer who cannot see its pid.
exec 8> lock && flock -n 8

open_ticker
read_clock
started=null
job=''
logger=''
reason=exited

read_stat $$ || exit $BROKEN_EXIT
read -r boot < /proc/sys/kernel/random/boot_id
write_file pid "{\"pid\":$$,\"startTicks\":\"${fields[19]}\",\"bootId\":\"$boot\",\"namespace\":\"$(readlink /proc/self/ns/pid)\"}"

# finish <exit code or null> <signal or null> <outcome>
finish() {
  write_file exit.json "{\"exitCode\":$1,\"signal\":$2,\"outcome\":\"$3\",\"startedAt\":$started,\"endedAt\":$ended}"
  exit 0
}

# What never ran ended when that was decided.
finish_unstarted() {
  ended=$now
  finish null null "$1"
}

stop_asked() { [[ -n $told_to_stop || -e $attempt/cancel ]]; }

# The planned start may lie ahead.
while ((now < settings[begin_at])); do
  stop_asked && finish_unstarted cancelled
  rest 0.25
  read_clock
done
stop_asked && finish_unstarted cancelled

# The segment ends at the earlier of its window and its limit, counted from this machine's own start.
deadline=$((now + settings[time_limit_seconds]))
((deadline > settings[end_by])) && deadline=${settings[end_by]}
# KILL two seconds early: whole seconds, a tick of a quarter and a busy machine would else reach past the end.
kill_at=$((deadline - 2))
((kill_at <= now)) && finish_unstarted timeLimit
term_at=$((kill_at - grace))
((term_at < now + (kill_at - now) / 2)) && term_at=$((now + (kill_at - now) / 2))
signal_at=$((deadline - lead))
((signal_at > term_at)) && signal_at=$term_at

# The broker takes this where it gives an attempt up as never started: then it must not start any more.
mkdir fence/start 2> /dev/null || finish_unstarted vanished

begin_checkpoints() {
  [[ -d $checkpoints ]] || return 0
  rm -rf "$checkpoints/new" "$checkpoints/.sealing"
  mkdir -p "$checkpoints/new"
  printf '%s\n' "$boot" > "$checkpoints/.boot"
}

run_script() {
  local pair given=()
  while IFS= read -r -d '' pair; do given+=("$pair"); done < "$attempt/env"
  local resume=0
  [[ -e $checkpoints/latest ]] && resume=1
  local own=(
    "YUSUAN_ATTEMPT=$token"
    "YUSUAN_JOB_ID=${settings[job_id]}"
    "YUSUAN_SEGMENT_ID=${settings[segment_id]}"
    "YUSUAN_NODES=${settings[nodes]}"
    "YUSUAN_DEVICES_PER_NODE=${settings[devices_per_node]}"
    "YUSUAN_CHECKPOINT_DIR=$checkpoints"
    "YUSUAN_RESUME=$resume"
    "YUSUAN_DEADLINE=$deadline"
    "YUSUAN_SIGNAL=${settings[signal]}"
    "YUSUAN_PROGRESS_FILE=$run/progress.jsonl"
    "YUSUAN_OUTPUT_DIR=$run/output"
  )
  local base=("PATH=${settings[path]}" "HOME=$run" LANG=C.UTF-8)
  mkfifo output.pipe
  # Pieces of one size: a place in the log keeps its offset when the oldest pieces go. Deaf to signals meant for the job.
  (
    trap '' USR1 USR2 TERM INT HUP CONT
    split -d -a 6 -b "${settings[log_piece_bytes]}" - log/
    # Comes to read something only where the disk is full: the job shall not die of its log.
    cat > /dev/null
  ) < output.pipe > /dev/null 2>&1 8>&- 9>&- &
  logger=$!
  (
    trap - USR1 USR2 TERM INT HUP CONT QUIT
    cd output || exit $BROKEN_EXIT
    exec setsid env -i -- "${base[@]}" "${given[@]}" "${own[@]}" bash "$attempt/script.sh"
  ) < /dev/null > output.pipe 2>&1 8>&- 9>&- &
  job=$!
}

seal_in_background() {
  (
    trap '' USR1 USR2 TERM INT HUP CONT
    exec bash "$attempt/checkpoints.sh" seal "$checkpoints" "$token"
  ) < /dev/null > /dev/null 8>&- 9>&- &
  sealer=$!
}
is_sealing() { [[ -n $sealer ]] && kill -0 "$sealer" 2> /dev/null; }
has_unsealed() { [[ -e $checkpoints/new/COMPLETE || -e $checkpoints/.sealing ]]; }

# Seals what is there, beside the job: hashing may take minutes. Where it fails (a full disk) again in a while.
tend_checkpoints() {
  is_sealing && return 0
  if [[ -n $sealer ]]; then
    wait "$sealer" || seal_after=$((now + 5))
    sealer=''
  fi
  has_unsealed && ((now >= seal_after)) && seal_in_background
}

drop_old_log() {
  local pieces=(log/*)
  local extra=$((${#pieces[@]} - settings[log_pieces]))
  ((extra > 0)) && rm -f -- "${pieces[@]:0:extra}"
}

# Sets kill_at to the grace from now, unless it comes sooner anyway.
terminate() {
  [[ $reason == exited ]] || return 0
  reason=$1
  ((kill_at > now + grace)) && kill_at=$((now + grace))
  signal_job TERM
}

begin_checkpoints
started=$now
write_file started "$started"
sealer=''
seal_after=0
signal_sent=''
heard_at=0
run_script
setsid bash "$attempt/wrapper.sh" "$attempt" --guard $$ "$job" "$logger" $((kill_at + 1)) < /dev/null > /dev/null 2>&1 8>&- 9>&- &
guard_pid=$!

while kill -0 "$job" 2> /dev/null; do
  read_clock
  if ((now != heard_at)); then
    heard_at=$now
    # Where this wrapper is killed, the last beat is when the attempt was last seen alive.
    printf '%s\n' "$now" > alive
    drop_old_log
    if [[ -z $signal_sent && -n ${settings[signal]} ]] && ((now >= signal_at)); then
      signal_sent=1
      asked+=" ${settings[signal]}"
    fi
    # Not handed over: nobody catches it yet (the program is still starting), so again in a second.
    waiting=$asked
    asked=''
    for name in $waiting; do
      if [[ $name == CONT ]]; then signal_job CONT; else hand_over "$name" || [[ $asked == *" $name"* ]] || asked+=" $name"; fi
    done
  fi
  stop_asked && terminate cancelled
  ((now >= term_at)) && terminate timeLimit
  ((now >= kill_at)) && kill_job
  tend_checkpoints
  rest 0.25
done

wait "$job"
status=$?
kill_job
read_clock
ended=$now
kill -TERM "$guard_pid" 2> /dev/null

# With the last holder of the pipe gone the log is complete.
for ((i = 0; i < 40; i++)); do
  kill -0 "$logger" 2> /dev/null || break
  rest 0.05
done
drop_old_log

# What the program completed just before its end. Past the deadline the node is no longer ours: the broker seals it then.
read_clock
tend_checkpoints
while is_sealing; do
  read_clock
  ((now > deadline)) && kill -KILL "$sealer" 2> /dev/null
  rest 0.05
  tend_checkpoints
done
rm -f output.pipe

signal=null
((status > 128 && status <= 192)) && signal="\"$(kill -l $((status - 128)) 2> /dev/null)\""
finish "$status" "$signal" "$reason"
