{#- Order and product as one number, to group or join by: half the work of two columns. -#}
{% macro order_product_key() -%}
    cast(order_id as bigint) * 4294967296 + product_id
{%- endmacro %}
