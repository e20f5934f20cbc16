# Sourced by toolchain/setup and toolchain/clean-root (POSIX sh).

# apt_sources: prints "URI suite signed-by" for each deb source that the machine has, from both file formats; "-"
# where no key is named.
apt_sources() {
  cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
    sed -n 's/^deb[[:space:]]\{1,\}//p' |
    awk '{ key="-"; if ($0 ~ /^\[/) { if (match($0, /signed-by=[^] ]+/)) key=substr($0, RSTART+10, RLENGTH-10); sub(/^\[[^]]*\][[:space:]]*/, "") }
           print $1, $2, key }'
  for f in /etc/apt/sources.list.d/*.sources; do
    [ -r "$f" ] || continue
    awk 'function out(  i,j,n,m,u,s) { if (types ~ /deb/ && enabled != "no") { n=split(uris,u," "); m=split(suites,s," ")
            for (i=1;i<=n;i++) for (j=1;j<=m;j++) print u[i], s[j], (key == "" ? "-" : key) }
            types=uris=suites=key=enabled="" }
         /^#/ {next} /^[[:space:]]*$/ {out(); next}
         tolower($1)=="types:" {types=$0} tolower($1)=="uris:" {sub(/^[^:]*:/,""); uris=$0}
         tolower($1)=="suites:" {sub(/^[^:]*:/,""); suites=$0} tolower($1)=="signed-by:" {key=$2}
         tolower($1)=="enabled:" {enabled=tolower($2)} END {out()}' "$f"
  done
}
