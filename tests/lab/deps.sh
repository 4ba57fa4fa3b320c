#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# deps.sh GROUP...: install the Debian packages of these groups (see packages) that
# are missing, after saying which. Installs no kernel image, loads no module, starts no
# service.
# Exit status: 0 all there, 1 could not be installed, 2 usage.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ $# -gt 0 ] || { echo "usage: deps.sh build|lab|check|ceph ..." >&2; exit 2; }

missing=()
while read -r group names; do
	case " $* " in *" $group "*) ;; *) continue ;; esac
	for p in $names; do
		state=$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null || true)
		[ "$state" = installed ] || missing+=("$p")
	done
done < <(grep -v '^#' "$here/packages" | grep .)
[ ${#missing[@]} -gt 0 ] || exit 0

echo "Installing the packages that are missing here: ${missing[*]}"
as_root=()
if [ "$(id -u)" != 0 ]; then
	command -v sudo > /dev/null || {
		echo "Not root, and no sudo: run 'apt-get install --no-install-recommends" \
			"${missing[*]}' as root, then try again." >&2
		exit 1
	}
	as_root=(sudo)
fi
export DEBIAN_FRONTEND=noninteractive

# Packages start the services they bring, but for those that this file denies. Somebody
# may have one of his own, which stays as it is.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	trap '"${as_root[@]}" rm -f $policy' EXIT
	printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee $policy > /dev/null
	"${as_root[@]}" chmod 755 $policy
fi
install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y
	--no-install-recommends "${missing[@]}")
# The lists may be old or absent: one more try with fresh ones.
if ! "${install[@]}" > /dev/null 2>&1; then
	"${as_root[@]}" apt-get -qq update
	"${install[@]}" > /dev/null
fi
