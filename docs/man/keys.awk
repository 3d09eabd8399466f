# awk -f keys.awk ../../etc/pulsewatch.properties pulsewatch.properties.5.in: the page, with the keys as the configuration file documents them
# in the place of its line @KEYS@.
#
# In the file `# ---- NAME` begins a section, a comment that ends in keys (`#key = default`) is theirs, another one is a paragraph, and lines
# as `#   check.NAME.key = default   text` are keys as well. A variable stands in [ ].

function troff(text) {
  gsub(/\\/, "\\e", text)
  gsub(/-/, "\\-", text)
  gsub(/[?&]/, "&\\:", text)  # where a long URL may be broken
  while (match(text, /`[^`]*`/)) text = substr(text, 1, RSTART - 1) "\\fB" substr(text, RSTART + 1, RLENGTH - 2) "\\fR" substr(text, RSTART + RLENGTH)
  return text ~ /^[.']/ ? "\\&" text : text
}

function variables(  names) {
  names = ""
  while (match(comment, / *\[[A-Z_]+\]/)) {
    names = names (names == "" ? "" : ", ") "\\fB" substr(comment, RSTART, RLENGTH) "\\fR"
    comment = substr(comment, 1, RSTART - 1) substr(comment, RSTART + RLENGTH)
  }
  gsub(/[][ ]/, "", names)
  gsub(/,/, ", ", names)
  return names
}

# What has been read of a comment and of its keys.
function flush(  names, i) {
  names = variables()
  sub(/^ +/, "", comment)
  for (i = 1; i <= keys; ++i) keys_text = keys_text (i == 1 ? ".TP\n" : ".TQ\n") "\\fB" troff(key[i]) "\\fR\n"
  if (comment != "") keys_text = keys_text (keys == 0 && keys_text !~ /\n\.SS [^\n]*\n$/ ? ".PP\n" : "") troff(comment) "\n"
  if (names != "") keys_text = keys_text (comment == "" ? "" : ".br\n") (names ~ /,/ ? "Variables: " : "Variable: ") names ".\n"
  keys = 0
  comment = ""
}

function add_key(text) {
  sub(/ +$/, "", text)
  key[++keys] = text
}

FNR == NR && /^# ---- / { flush(); keys_text = keys_text ".SS " substr($0, 8) "\n"; started = 1; next }
FNR == NR && !started { next }
FNR == NR && /^#?$/ { flush(); next }
FNR == NR && /^#   [a-z]+\.[A-Za-z]+\.[a-z_]+ =/ {
  flush()
  text = substr($0, 5)
  equals = index(text, " =")
  value = substr(text, equals + 2)
  words = value ~ /^  / ? 1 : match(substr(value, 2), /  /) + 1
  if (words == 1 && value !~ /^  /) words = length(value) + 1
  add_key(substr(text, 1, equals + 1) substr(value, 1, words - 1))
  comment = substr(value, words)
  table = 1
  next
}
FNR == NR && table && /^#    / { comment = comment " " trimmed(substr($0, 2)); next }
FNR == NR && /^#[a-z]/ { add_key(substr($0, 2)); next }
FNR == NR && /^# / {
  if (keys > 0) flush()
  table = 0
  comment = comment (comment == "" ? "" : " ") substr($0, 3)
  next
}
FNR == NR { print FILENAME ":" FNR ": neither a comment nor a key: " $0 >"/dev/stderr"; exit failed = 1 }

FNR == 1 { flush() }
$0 == "@KEYS@" { printf "%s", keys_text; next }
{ print }

function trimmed(text) {
  sub(/^ +/, "", text)
  return text
}

END { if (failed) exit 1 }
