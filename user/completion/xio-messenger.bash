# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# Completion for the programs of xio-messenger. Options, and the values of those that
# have few (--signing auto|on|off), come from --help: they are never behind the program.

# The values that --help lists for an option, one a line; none if it takes any.
_xio_messenger_values() {
	local option=$1 help=$2
	sed -nE "s/^ *(-[a-zA-Z], )?(--[a-z-]+) ([a-z-]+(\|[a-z-]+)+)( .*)?$/\1\2 \3/p" <<< "$help" |
		while read -r -a words; do
			[[ " ${words[*]::${#words[@]}-1} " != *" $option"[,\ ]* ]] ||
				tr '|' '\n' <<< "${words[-1]}"
		done
}

_xio_messenger() {
	local program=$1 word=$2 before=$3 i help choice=

	COMPREPLY=()
	# "--option=value" comes as three words.
	if [[ $word = = ]]; then
		word=
	elif [[ $before = = ]]; then
		before=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	case $before in
	-f | --file | --secret | --keyring | --conf)
		compopt -o filenames 2> /dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return
		;;
	-p | --port) choice=7471 ;;
	-*)
		help=$("$program" --help 2> /dev/null)
		choice=$(_xio_messenger_values "$before" "$help")
		;;
	esac
	if [[ -z $choice && $word == -* ]]; then
		choice=$("$program" --help 2> /dev/null | grep -oE -- '--[a-z][a-z-]*' | sort -u)
	elif [[ -z $choice && ${program##*/} = cxio && $before =~ ^([^-]|-[jA]$|--json$|--all$|--no-) ]]; then
		choice='listen unlisten connect send close show stat monitor'
		for ((i = 1; i < COMP_CWORD; i++)); do
			[[ " $choice " != *" ${COMP_WORDS[i]} "* ]] || return
		done
	fi
	mapfile -t COMPREPLY < <(compgen -W "$choice" -- "$word")
}

complete -F _xio_messenger xio_server xio_client xio_ping xio_perf cxio \
	simple_server simple_client rbd-map
