# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# Completion for the programs of xio-messenger. Options come from --help, so that they
# are never behind the program; values of options that have few are here.

_xio_messenger() {
	local program=$1 word=${COMP_WORDS[COMP_CWORD]} before=$3 i choice=

	COMPREPLY=()
	case $before in
	-f | --file | --secret)
		compopt -o filenames 2> /dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return
		;;
	--policy) choice='lossy lossless' ;;
	--memory) choice='arena registered any' ;;
	--memory-windows | --signing) choice='auto on off' ;;
	-t | --test) [[ ${program##*/} != *_perf ]] || choice='lat bw' ;;
	-p | --port) choice=7471 ;;
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
	simple_server simple_client
