namespace Appliance.Models.Config;

/// <summary>Fields of a <c>config.json</c> that change no number of a forward pass.</summary>
/// <remarks>Bookkeeping, training-time settings, defaults of text generation, and settings that live beside the weights.</remarks>
internal static class InertFields
{
    private static readonly HashSet<string> Names =
    [
        // bookkeeping
        "_name_or_path", "_commit_hash", "_attn_implementation", "_attn_implementation_autoset", "attn_implementation",
        "architectures", "auto_map", "model_type", "torch_dtype", "dtype", "transformers_version", "task_specific_params",
        "language", "license", "finetuning_task", "id2label", "label2id", "num_labels", "problem_type", "tokenizer_class",
        "prefix", "adapters", "custom_pipelines", "library", "tie_word_embeddings", "tie_weights_", "_valid_kwargs_names", "model_name", "transformers.js_config",
        "sentence_transformers", "unsloth_version", "unsloth_fixed", "pretrained_config", "keys_to_ignore_at_inference",
        // what training draws at random or starts from
        "initializer_range", "initializer_factor", "initializer_cutoff_factor", "attention_probs_dropout_prob", "hidden_dropout_prob",
        "attention_dropout", "hidden_dropout", "dropout", "dropout_rate", "classifier_dropout", "classifier_dropout_prob",
        "embd_pdrop", "resid_pdrop", "attn_pdrop", "embd_dropout", "resid_dropout", "qa_dropout", "seq_classif_dropout",
        "summary_first_dropout", "summary_last_dropout", "pooler_dropout", "cls_dropout", "drop_path_rate", "gradient_checkpointing",
        "embedding_dropout", "activation_dropout", "layerdrop", "mlp_dropout",
        "router_aux_loss_coef", "output_router_logits", "pooler_type", "pooler_num_fc_layers", "pooler_num_attention_heads",
        "pooler_size_per_head", "pooler_fc_size", "directionality", "pad_token_id", "net_structure_type",
        "num_memory_blocks", "gap_size", "inner_group_num", "down_scale_factor", "embedding_size_per_head",
        // text generation: read from generation_config.json or the request
        "bos_token_id", "eos_token_id", "sep_token_id", "cls_token_id", "mask_token_id", "decoder_start_token_id", "use_cache",
        "temperature", "top_k", "top_p", "typical_p", "do_sample", "max_length", "min_length", "num_beams", "num_beam_groups",
        "diversity_penalty", "early_stopping", "length_penalty", "no_repeat_ngram_size", "encoder_no_repeat_ngram_size",
        "bad_words_ids", "num_return_sequences", "remove_invalid_values", "forced_bos_token_id", "forced_eos_token_id",
        "suppress_tokens", "begin_suppress_tokens", "exponential_decay_length_penalty", "repetition_penalty", "output_attentions",
        "output_hidden_states", "output_scores", "return_dict", "return_dict_in_generate", "n_ctx", "predict_special_tokens",
        "cache_implementation", "max_new_tokens", "tokens_per_second", "transformers_weights",
        // where another part of a checkpoint lives
        "encoder_stride", "out_features", "out_indices", "stage_names", "image_mean", "image_std", "quantization",
        "output_past", "torchscript", "use_bfloat16", "pretraining_tp", "reference_compile", "is_decoder",
        "tf_legacy_loss", "use_return_dict", "cross_attention_hidden_size",
        "use_mask_token",
        "summary_type", "summary_use_proj", "summary_activation", "summary_proj_to_labels", "classifier_activation",
        "chunk_size_feed_forward", "xla_device",
    ];

    internal static bool Contains(string name) => Names.Contains(name) || name.StartsWith("_comment", StringComparison.Ordinal);
}
