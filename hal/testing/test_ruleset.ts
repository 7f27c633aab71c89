/** The smallest ruleset that hald loads: for tests. */
export const TEST_RULESET = `add table inet bulkhead
delete table inet bulkhead

table inet bulkhead {
	set opened {
		type ipv4_addr . ipv4_addr . inet_service
		flags timeout
	}
	counter f0 {
	}
	chain input {
		type filter hook input priority filter
		policy drop

		iif lo accept
		tcp dport 8444 counter name f0 accept comment "ocpp"
	}
	chain forward {
		type filter hook forward priority filter
		policy drop
	}
	chain output {
		type filter hook output priority filter
		policy accept
	}
}
`;
