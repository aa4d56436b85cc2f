# SPDX-License-Identifier: BSD-3-Clause
# consumer.c as gcc (Debian 12.2.0-14+deb12u1) 12.2.0 made it for x86-64, from the headers of upnvme 0.1.0:
#   gcc -std=gnu11 -O2 -fPIE -S -I capi/include tests/abi/frozen/consumer.c
# It stays as it is. Another one is made, beside it, when the ABI is another.
	.file	"consumer.c"
	.text
	.section	.rodata.str1.1,"aMS",@progbits,1
.LC0:
	.string	"%s: %s\n"
	.text
	.p2align 4
	.type	check.part.0, @function
check.part.0:
.LFB32:
	.cfi_startproc
	pushq	%rbx
	.cfi_def_cfa_offset 16
	.cfi_offset 3, -16
	movq	%rdi, %rbx
	call	upnvme_last_error@PLT
	movq	stderr(%rip), %rdi
	movq	%rbx, %rdx
	leaq	.LC0(%rip), %rsi
	movq	%rax, %rcx
	xorl	%eax, %eax
	call	fprintf@PLT
	movl	$1, %edi
	call	exit@PLT
	.cfi_endproc
.LFE32:
	.size	check.part.0, .-check.part.0
	.section	.rodata.str1.1
.LC1:
	.string	"version"
.LC2:
	.string	"FROZEN"
.LC3:
	.string	"controller"
.LC4:
	.string	"namespace"
.LC5:
	.string	"past the end"
.LC6:
	.string	"error"
	.text
	.p2align 4
	.type	look_at_records, @function
look_at_records:
.LFB26:
	.cfi_startproc
	pushq	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset 6, -16
	xorl	%eax, %eax
	movl	$51, %ecx
	pushq	%rbx
	.cfi_def_cfa_offset 24
	.cfi_offset 3, -24
	movq	%rdi, %rbx
	subq	$1032, %rsp
	.cfi_def_cfa_offset 1056
	leaq	96(%rsp), %rdi
	rep stosq
	leaq	8(%rsp), %rdi
	movl	$11, %ecx
	movl	$408, 96(%rsp)
	movq	$0, 4(%rsp)
	movq	$0, 88(%rsp)
	rep stosq
	movl	$96, (%rsp)
	call	upnvme_abi_version@PLT
	testl	%eax, %eax
	jne	.L16
	leaq	96(%rsp), %rbp
	movq	(%rbx), %rdi
	movq	%rbp, %rsi
	call	upnvme_ctrlr_info_get@PLT
	testl	%eax, %eax
	jne	.L6
	cmpl	$1515147846, 112(%rsp)
	je	.L17
.L6:
	leaq	.LC3(%rip), %rdi
	call	check.part.0
.L17:
	cmpl	$5129562, 115(%rsp)
	jne	.L6
	cmpl	$1, 108(%rsp)
	jne	.L6
	cmpl	$408, 96(%rsp)
	jne	.L6
	movq	8(%rbx), %rdi
	movq	%rsp, %rsi
	call	upnvme_ns_info_get@PLT
	testl	%eax, %eax
	jne	.L10
	cmpl	$1, 4(%rsp)
	jne	.L10
	cmpl	$512, 32(%rsp)
	jne	.L10
	cmpq	$2048, 8(%rsp)
	jne	.L10
	subq	$8, %rsp
	.cfi_def_cfa_offset 1064
	movq	32(%rbx), %rdx
	movq	8(%rbx), %rsi
	movl	$2048, %ecx
	movq	16(%rbx), %rdi
	pushq	$0
	.cfi_def_cfa_offset 1072
	leaq	on_done(%rip), %r9
	movl	$1, %r8d
	call	upnvme_read@PLT
	popq	%rdx
	.cfi_def_cfa_offset 1064
	popq	%rcx
	.cfi_def_cfa_offset 1056
	testl	%eax, %eax
	jns	.L18
	leaq	512(%rsp), %rdi
	call	upnvme_error_get@PLT
	testl	%eax, %eax
	jne	.L13
	cmpl	$97, 516(%rsp)
	jne	.L13
	addq	$1032, %rsp
	.cfi_remember_state
	.cfi_def_cfa_offset 24
	popq	%rbx
	.cfi_def_cfa_offset 16
	popq	%rbp
	.cfi_def_cfa_offset 8
	ret
.L10:
	.cfi_restore_state
	leaq	.LC4(%rip), %rdi
	call	check.part.0
.L13:
	leaq	.LC6(%rip), %rdi
	call	check.part.0
.L16:
	leaq	.LC1(%rip), %rdi
	call	check.part.0
.L18:
	leaq	.LC5(%rip), %rdi
	call	check.part.0
	.cfi_endproc
.LFE26:
	.size	look_at_records, .-look_at_records
	.section	.rodata.str1.1
.LC7:
	.string	"status of a batch"
.LC8:
	.string	"tags"
.LC9:
	.string	"data of a batch"
	.text
	.p2align 4
	.type	check_batch, @function
check_batch:
.LFB29:
	.cfi_startproc
	pushq	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset 6, -16
	xorl	%eax, %eax
	leaq	256(%rsi), %r9
	movabsq	$-4294901761, %r8
	movabsq	$4294967296, %rcx
	pushq	%rbx
	.cfi_def_cfa_offset 24
	.cfi_offset 3, -24
	subq	$8, %rsp
	.cfi_def_cfa_offset 32
	.p2align 4,,10
	.p2align 3
.L21:
	movq	16(%rsi), %rdx
	andq	%r8, %rdx
	cmpq	%rcx, %rdx
	jne	.L26
	movq	(%rsi), %rdx
	addq	$32, %rsi
	leaq	-1000(%rax,%rdx), %rax
	cmpq	%r9, %rsi
	jne	.L21
	cmpq	$28, %rax
	jne	.L27
	movq	40(%rdi), %rbp
	movq	32(%rdi), %rbx
	movq	24(%rdi), %rdi
	movq	%rbp, %rdx
	movq	%rbx, %rsi
	call	memcmp@PLT
	testl	%eax, %eax
	jne	.L28
	addq	$8, %rsp
	.cfi_remember_state
	.cfi_def_cfa_offset 24
	movq	%rbp, %rdx
	movq	%rbx, %rdi
	xorl	%esi, %esi
	popq	%rbx
	.cfi_def_cfa_offset 16
	popq	%rbp
	.cfi_def_cfa_offset 8
	jmp	memset@PLT
.L26:
	.cfi_restore_state
	leaq	.LC7(%rip), %rdi
	call	check.part.0
.L28:
	leaq	.LC9(%rip), %rdi
	call	check.part.0
.L27:
	leaq	.LC8(%rip), %rdi
	call	check.part.0
	.cfi_endproc
.LFE29:
	.size	check_batch, .-check_batch
	.section	.rodata.str1.1
.LC10:
	.string	"submit"
.LC11:
	.string	"reap"
.LC12:
	.string	"exec"
.LC13:
	.string	"counters"
	.text
	.p2align 4
	.type	batch_and_exec, @function
batch_and_exec:
.LFB30:
	.cfi_startproc
	pushq	%r14
	.cfi_def_cfa_offset 16
	.cfi_offset 14, -16
	movl	$10, %ecx
	movq	%rdi, %r14
	xorl	%esi, %esi
	pushq	%r13
	.cfi_def_cfa_offset 24
	.cfi_offset 13, -24
	movl	$47, %r13d
	pushq	%r12
	.cfi_def_cfa_offset 32
	.cfi_offset 12, -32
	pushq	%rbp
	.cfi_def_cfa_offset 40
	.cfi_offset 6, -40
	movl	$1047, %ebp
	pushq	%rbx
	.cfi_def_cfa_offset 48
	.cfi_offset 3, -48
	xorl	%ebx, %ebx
	movq	%rbx, %rax
	subq	$864, %rsp
	.cfi_def_cfa_offset 912
	leaq	8(%rsp), %rdi
	leaq	352(%rsp), %r12
	movq	$0, 4(%rsp)
	movq	$0, 80(%rsp)
	rep stosq
	movq	32(%r14), %rdi
	movl	$88, (%rsp)
	movq	40(%r14), %rdx
	call	memset@PLT
	movq	%rbx, %rax
	movl	$64, %ecx
	movq	%r12, %rdi
	rep stosq
	movq	%r12, %rbx
	.p2align 4,,10
	.p2align 3
.L30:
	movb	$2, (%rbx)
	movq	8(%r14), %rdi
	addq	$64, %rbx
	call	upnvme_ns_id@PLT
	movq	%r13, -56(%rbx)
	movl	%eax, -60(%rbx)
	movq	%rbp, %rax
	subq	%r13, %rax
	movl	$1, -48(%rbx)
	movq	%rax, -40(%rbx)
	leaq	-40(%r13), %rax
	subq	$1, %r13
	imulq	40(%r14), %rax
	shrq	$3, %rax
	addq	32(%r14), %rax
	movq	%rax, -32(%rbx)
	cmpq	$39, %r13
	jne	.L30
	movq	16(%r14), %rdi
	movl	$8, %edx
	movq	%r12, %rsi
	call	upnvme_submit@PLT
	cmpl	$8, %eax
	jne	.L40
	xorl	%r13d, %r13d
	leaq	96(%rsp), %rbx
	movl	$8, %ebp
	.p2align 4,,10
	.p2align 3
.L31:
	movl	%r13d, %esi
	movl	%ebp, %edx
	movq	16(%r14), %rdi
	salq	$5, %rsi
	subl	%r13d, %edx
	addq	%rbx, %rsi
	call	upnvme_reap@PLT
	testl	%eax, %eax
	js	.L41
	addl	%eax, %r13d
	cmpl	$7, %r13d
	jbe	.L31
	movq	%rbx, %rsi
	movq	%r14, %rdi
	call	check_batch
	movq	16(%r14), %rdi
	movq	%rbx, %rcx
	movq	%r12, %rsi
	movabsq	$20000000000, %r9
	movl	$8, %r8d
	movl	$8, %edx
	call	upnvme_exec@PLT
	cmpl	$8, %eax
	jne	.L42
	movq	%rbx, %rsi
	movq	%r14, %rdi
	call	check_batch
	movq	16(%r14), %rdi
	movq	%rsp, %rsi
	call	upnvme_qpair_stats_get@PLT
	testl	%eax, %eax
	jne	.L34
	cmpq	$18, 16(%rsp)
	jne	.L34
	cmpq	$0, 24(%rsp)
	jne	.L34
	addq	$864, %rsp
	.cfi_remember_state
	.cfi_def_cfa_offset 48
	popq	%rbx
	.cfi_def_cfa_offset 40
	popq	%rbp
	.cfi_def_cfa_offset 32
	popq	%r12
	.cfi_def_cfa_offset 24
	popq	%r13
	.cfi_def_cfa_offset 16
	popq	%r14
	.cfi_def_cfa_offset 8
	ret
.L41:
	.cfi_restore_state
	leaq	.LC11(%rip), %rdi
	call	check.part.0
.L34:
	leaq	.LC13(%rip), %rdi
	call	check.part.0
.L40:
	leaq	.LC10(%rip), %rdi
	call	check.part.0
.L42:
	leaq	.LC12(%rip), %rdi
	call	check.part.0
	.cfi_endproc
.LFE30:
	.size	batch_and_exec, .-batch_and_exec
	.section	.rodata.str1.1
.LC14:
	.string	"status"
	.text
	.p2align 4
	.type	on_done, @function
on_done:
.LFB23:
	.cfi_startproc
	movl	16(%rsi), %edx
	testl	%edx, %edx
	jne	.L48
	movl	20(%rsi), %eax
	addl	%eax, (%rdi)
	ret
.L48:
	pushq	%rax
	.cfi_def_cfa_offset 16
	leaq	.LC14(%rip), %rdi
	call	check.part.0
	.cfi_endproc
.LFE23:
	.size	on_done, .-on_done
	.section	.rodata.str1.1
.LC15:
	.string	"poll"
	.text
	.p2align 4
	.type	wait_for, @function
wait_for:
.LFB24:
	.cfi_startproc
	pushq	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset 6, -16
	movq	%rdi, %rbp
	pushq	%rbx
	.cfi_def_cfa_offset 24
	.cfi_offset 3, -24
	movq	%rsi, %rbx
	subq	$8, %rsp
	.cfi_def_cfa_offset 32
	jmp	.L50
	.p2align 4,,10
	.p2align 3
.L51:
	movq	16(%rbp), %rdi
	xorl	%esi, %esi
	call	upnvme_poll@PLT
	testl	%eax, %eax
	js	.L54
.L50:
	cmpl	$8, (%rbx)
	jne	.L51
	addq	$8, %rsp
	.cfi_remember_state
	.cfi_def_cfa_offset 24
	popq	%rbx
	.cfi_def_cfa_offset 16
	popq	%rbp
	.cfi_def_cfa_offset 8
	ret
.L54:
	.cfi_restore_state
	leaq	.LC15(%rip), %rdi
	call	check.part.0
	.cfi_endproc
.LFE24:
	.size	wait_for, .-wait_for
	.section	.rodata.str1.8,"aMS",@progbits,1
	.align 8
.LC19:
	.string	"soft:ram?size=1MiB&block=512&serial=FROZEN"
	.section	.rodata.str1.1
.LC20:
	.string	"open"
.LC21:
	.string	"queue pair"
.LC22:
	.string	"memory"
.LC23:
	.string	"write"
.LC24:
	.string	"read"
.LC25:
	.string	"data of a read"
.LC26:
	.string	"close"
.LC27:
	.string	"free"
.LC28:
	.string	"all as it was"
	.section	.text.startup,"ax",@progbits
	.p2align 4
	.globl	main
	.type	main, @function
main:
.LFB31:
	.cfi_startproc
	pushq	%r12
	.cfi_def_cfa_offset 16
	.cfi_offset 12, -16
	leaq	.LC19(%rip), %rsi
	pushq	%rbp
	.cfi_def_cfa_offset 24
	.cfi_offset 6, -24
	pushq	%rbx
	.cfi_def_cfa_offset 32
	.cfi_offset 3, -32
	subq	$112, %rsp
	.cfi_def_cfa_offset 144
	movdqa	.LC16(%rip), %xmm0
	leaq	32(%rsp), %r12
	leaq	64(%rsp), %rbx
	movaps	%xmm0, 16(%rsp)
	movdqa	.LC17(%rip), %xmm0
	movq	%r12, %rdx
	movq	%rbx, %rdi
	movaps	%xmm0, 32(%rsp)
	movdqa	.LC18(%rip), %xmm0
	movaps	%xmm0, 48(%rsp)
	call	upnvme_open@PLT
	testl	%eax, %eax
	jne	.L71
	movq	64(%rsp), %rsi
	leaq	72(%rsp), %rdi
	movl	$1, %edx
	call	upnvme_ns_get@PLT
	testl	%eax, %eax
	jne	.L72
	leaq	16(%rsp), %rbp
	movq	64(%rsp), %rsi
	leaq	80(%rsp), %rdi
	movl	$16, 24(%rsp)
	movq	%rbp, %rdx
	call	upnvme_qpair_create@PLT
	testl	%eax, %eax
	jne	.L73
	movq	72(%rsp), %rdi
	call	upnvme_ns_block_size@PLT
	movq	64(%rsp), %rsi
	xorl	%ecx, %ecx
	movq	%rsp, %rdi
	movl	%eax, %edx
	salq	$3, %rdx
	movq	%rdx, 104(%rsp)
	call	upnvme_dma_alloc@PLT
	testl	%eax, %eax
	jne	.L60
	movq	104(%rsp), %rdx
	movq	64(%rsp), %rsi
	xorl	%ecx, %ecx
	leaq	8(%rsp), %rdi
	call	upnvme_dma_alloc@PLT
	testl	%eax, %eax
	jne	.L60
	movq	(%rsp), %xmm0
	movq	%rbx, %rdi
	movhps	8(%rsp), %xmm0
	movups	%xmm0, 88(%rsp)
	call	look_at_records
	cmpq	$0, 104(%rsp)
	movl	$0, 16(%rsp)
	movl	$0, 32(%rsp)
	je	.L61
	xorl	%ecx, %ecx
	xorl	%eax, %eax
	.p2align 4,,10
	.p2align 3
.L62:
	movq	%rax, %rdx
	movq	88(%rsp), %rsi
	shrq	$9, %rdx
	addl	%ecx, %edx
	addl	$7, %ecx
	movb	%dl, (%rsi,%rax)
	addq	$1, %rax
	cmpq	104(%rsp), %rax
	jb	.L62
.L61:
	subq	$8, %rsp
	.cfi_def_cfa_offset 152
	movl	$8, %r8d
	movl	$40, %ecx
	pushq	%rbp
	.cfi_def_cfa_offset 160
	movq	104(%rsp), %rdx
	leaq	on_done(%rip), %r9
	movq	88(%rsp), %rsi
	movq	96(%rsp), %rdi
	call	upnvme_write@PLT
	popq	%rsi
	.cfi_def_cfa_offset 152
	popq	%rdi
	.cfi_def_cfa_offset 144
	testl	%eax, %eax
	jne	.L74
	movq	%rbp, %rsi
	movq	%rbx, %rdi
	call	wait_for
	subq	$8, %rsp
	.cfi_def_cfa_offset 152
	movl	$40, %ecx
	leaq	on_done(%rip), %r9
	pushq	%r12
	.cfi_def_cfa_offset 160
	movq	112(%rsp), %rdx
	movl	$8, %r8d
	movq	88(%rsp), %rsi
	movq	96(%rsp), %rdi
	call	upnvme_read@PLT
	popq	%rdx
	.cfi_def_cfa_offset 152
	popq	%rcx
	.cfi_def_cfa_offset 144
	testl	%eax, %eax
	jne	.L75
	movq	%r12, %rsi
	movq	%rbx, %rdi
	call	wait_for
	movq	104(%rsp), %rdx
	movq	96(%rsp), %rsi
	movq	88(%rsp), %rdi
	call	memcmp@PLT
	testl	%eax, %eax
	jne	.L76
	movq	%rbx, %rdi
	call	batch_and_exec
	movq	88(%rsp), %rsi
	movq	64(%rsp), %rdi
	call	upnvme_dma_free@PLT
	testl	%eax, %eax
	jne	.L66
	movq	96(%rsp), %rsi
	movq	64(%rsp), %rdi
	call	upnvme_dma_free@PLT
	testl	%eax, %eax
	jne	.L66
	movq	80(%rsp), %rdi
	call	upnvme_qpair_close@PLT
	testl	%eax, %eax
	jne	.L68
	movq	64(%rsp), %rdi
	call	upnvme_close@PLT
	testl	%eax, %eax
	jne	.L68
	leaq	.LC28(%rip), %rdi
	call	puts@PLT
	addq	$112, %rsp
	.cfi_remember_state
	.cfi_def_cfa_offset 32
	xorl	%eax, %eax
	popq	%rbx
	.cfi_def_cfa_offset 24
	popq	%rbp
	.cfi_def_cfa_offset 16
	popq	%r12
	.cfi_def_cfa_offset 8
	ret
.L60:
	.cfi_restore_state
	leaq	.LC22(%rip), %rdi
	call	check.part.0
.L68:
	leaq	.LC26(%rip), %rdi
	call	check.part.0
.L66:
	leaq	.LC27(%rip), %rdi
	call	check.part.0
.L73:
	leaq	.LC21(%rip), %rdi
	call	check.part.0
.L72:
	leaq	.LC4(%rip), %rdi
	call	check.part.0
.L71:
	leaq	.LC20(%rip), %rdi
	call	check.part.0
.L76:
	leaq	.LC25(%rip), %rdi
	call	check.part.0
.L75:
	leaq	.LC24(%rip), %rdi
	call	check.part.0
.L74:
	leaq	.LC23(%rip), %rdi
	call	check.part.0
	.cfi_endproc
.LFE31:
	.size	main, .-main
	.section	.rodata.cst16,"aM",@progbits,16
	.align 16
.LC16:
	.long	16
	.long	0
	.long	0
	.long	0
	.align 16
.LC17:
	.long	32
	.long	0
	.long	2
	.long	0
	.align 16
.LC18:
	.quad	20000000000
	.quad	0
	.ident	"GCC: (Debian 12.2.0-14+deb12u1) 12.2.0"
	.section	.note.GNU-stack,"",@progbits
