#!/bin/bash
# What happens to a job's checkpoints in a cluster's folder. Run by the wrapper on the node, and by the broker as the job's user.
#
#   checkpoints.sh seal <folder> <token>        new/ with COMPLETE in it -> ckpt-<next number>; the last two are kept
#   checkpoints.sh recover <folder> <token>     the same for what a killed wrapper left; drops it where the machine has gone down since
#   checkpoints.sh verify <folder> <name>       true where every file is as its manifest says, and no file more or less
#   checkpoints.sh export <folder> <name>       a tar of it on stdout
#   checkpoints.sh import <folder> <name>       a tar of it on stdin, verified before it gets its name
#   checkpoints.sh resume <folder> [<name>]     `latest` points to it and newer ones go; without a name `latest` goes
#
# Nothing sealed is touched before its successor stands. Every step is a rename, so a kill at any point leaves whole ones.
set -o pipefail
export LC_ALL=C

readonly MANIFEST=MANIFEST.sha256
readonly KEEP=2

command=$1
cd "$2" || exit 2
name=${3:-}

# Of the folder in which it runs: hash and path of each file in byte order.
print_manifest() {
  find . -mindepth 1 -type f ! -path "./$MANIFEST" -printf '%P\0' | sort -z | xargs -0 -r sha256sum --
}

verify_folder() (
  cd "$1" && [[ -f $MANIFEST ]] && [[ -z $(find . ! -type f ! -type d -print -quit) ]] && print_manifest | cmp -s - $MANIFEST
)

flush() {
  find "$1" -print0 | xargs -0 sync && sync .
}

# Renamed first: a half-deleted checkpoint must not be found under its name.
drop() {
  [[ -e $1 || -L $1 ]] || return 0
  local trash=.trash.$$.$RANDOM
  mv -T "$1" "$trash" && rm -rf "$trash"
}

point_latest() {
  [[ -d latest && ! -L latest ]] && drop latest
  ln -sfn "$1" .latest.$$ && mv -T .latest.$$ latest
}

sealed_names() { find . -maxdepth 1 -type d -name 'ckpt-[0-9][0-9][0-9][0-9][0-9][0-9]' -printf '%f\n' | sort; }

drop_older() {
  local names
  mapfile -t names < <(sealed_names)
  local extra=$((${#names[@]} - KEEP)) i
  for ((i = 0; i < extra; i++)); do drop "${names[i]}"; done
}

# The program reads why, and Yusuan does not try again.
refuse() {
  echo "checkpoint refused: $1" >&2
  rm -rf .sealing
  mkdir -p new && printf '%s\n' "$1" > new/REFUSED
  exit 3
}

# Of a killed wrapper the sealing may still be under way.
lock() { exec 8> .lock && flock -w 60 8; }

seal() {
  if [[ ! -d .sealing ]]; then
    # Out of the program's way first, so that nothing can change while it is hashed; the program makes new/ again.
    mv -T new .sealing || exit 2
    mkdir -p new
  fi
  [[ -f .sealing/COMPLETE ]] || refuse 'COMPLETE was taken away again'
  [[ -z $(find .sealing ! -type f ! -type d -print -quit) ]] || refuse 'only files and folders may be in a checkpoint'
  [[ -z $(find .sealing -type f -newer .sealing/COMPLETE ! -name "$MANIFEST" ! -name SEAL.json -print -quit) ]] ||
    refuse 'a file was written after COMPLETE'
  rm -f .sealing/$MANIFEST .sealing/SEAL.json
  local sealed_at size bytes=0
  printf -v sealed_at '%(%s)T' -1
  while read -r size; do bytes=$((bytes + size)); done < <(find .sealing -type f -printf '%s\n')
  printf '{"token":"%s","sealedAt":%d,"bytes":%d}\n' "$name" "$sealed_at" "$bytes" > .sealing/SEAL.json || exit 2
  (cd .sealing && print_manifest > $MANIFEST) || exit 2
  flush .sealing || exit 2
  local last next
  last=$(sealed_names | tail -n 1)
  last=${last:-ckpt-000000}
  printf -v next 'ckpt-%06d' $((10#${last#ckpt-} + 1))
  mv -T .sealing "$next" || exit 2
  sync .
  point_latest "$next"
  drop_older
}

recover() {
  rm -rf .trash.* .import.*
  [[ -e new/COMPLETE || -e .sealing ]] || exit 0
  local now then=''
  read -r now < /proc/sys/kernel/random/boot_id
  [[ -f .boot ]] && read -r then < .boot
  # After a power cut a file may be there without what was written to it.
  if [[ $now != "$then" ]]; then
    rm -rf .sealing new
    exit 0
  fi
  seal
}

import() {
  local aside=.import.$$.$RANDOM
  mkdir "$aside" || exit 2
  trap 'rm -rf "$aside"' EXIT
  tar -x --no-same-owner --no-same-permissions -f - -C "$aside" || exit 2
  verify_folder "$aside" || exit 1
  flush "$aside" || exit 2
  drop "$name"
  mv -T "$aside" "$name" && sync .
}

resume() {
  if [[ -z $name ]]; then
    drop latest
    return
  fi
  [[ -d $name ]] || exit 1
  local other
  for other in $(sealed_names); do [[ $other > $name ]] && drop "$other"; done
  point_latest "$name"
}

case $command in
  seal) lock && seal ;;
  recover) lock && recover ;;
  verify) verify_folder "$name" ;;
  export) tar -c -f - -C "$name" . ;;
  import) import ;;
  resume) resume ;;
  *) exit 64 ;;
esac
